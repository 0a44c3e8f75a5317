import '../decoding/telemetry.ts';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { BundleError } from '../errors.ts';
import type { OpenOptions } from '../families/family.ts';
import type { HubFolder } from './hub-folder.ts';

/** A loaded graph. */
export interface Graph {
  readonly path: string;
  readonly inputs: ReadonlySet<string>;
  readonly outputs: readonly string[];
  /** The shape that the graph declares for an input: numbers, and names of open dimensions. */
  shapeOf(input: string): readonly (number | string)[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/** Loads a graph of a model. One thread: captions must not depend on how a matrix is split. Throws a BundleError. */
export async function openGraph(
  { graphs, provider }: Pick<HubFolder, 'graphs' | 'provider'>,
  name: string,
  { profiles }: OpenOptions,
  needed: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
): Promise<Graph> {
  const path = graphs[name] ?? '';
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(path, {
      executionProviders: [provider],
      ...{ intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all' },
      ...{ enableMemPattern: false, logSeverityLevel: 3 },
      ...(profiles === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profiles, basename(path)) }),
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BundleError('bundle-graph', `${path} cannot be loaded on ${provider}: ${why}`, { cause });
  }
  const inputs = new Set(session.inputNames);
  const lacking = [
    ...needed.inputs.filter((input) => !inputs.has(input)).map((input) => `input ${input}`),
    ...needed.outputs.filter((output) => !session.outputNames.includes(output)).map((output) => `output ${output}`),
  ];
  if (lacking.length > 0) {
    await session.release();
    throw new BundleError(
      'bundle-graph',
      `${path} has no ${lacking.join(', no ')}: it is not the graph ${name} of such a model.`,
    );
  }
  return {
    path,
    inputs,
    outputs: session.outputNames,
    shapeOf(input) {
      const found = session.inputMetadata.find((value) => value.name === input);
      return found?.isTensor === true ? found.shape : [];
    },
    run: (feeds) => session.run(feeds),
    async release() {
      if (profiles !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

/** An output by name. */
export function outputOf(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const found = outputs[name];
  if (found === undefined) throw new RangeError(`The graph returned no ${name}`);
  return found;
}

/** Token ids or masks as int64 [rows, columns]. */
export function int64(rows: readonly (readonly number[])[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
}

/** Ones as int64 [rows, columns]. */
export function ones(rows: number, columns: number): Tensor {
  return new Tensor('int64', new BigInt64Array(rows * columns).fill(1n), [rows, columns]);
}

/** The float32 data of a tensor. */
export function floats({ data }: Tensor): Float32Array {
  if (!(data instanceof Float32Array))
    throw new TypeError('The graph works in half precision, which this program does not read');
  return data;
}

/** float32 zeros. */
export function zeros(dims: readonly number[]): Tensor {
  return new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), [...dims]);
}

/** Some rows of a float32 tensor, in the given order. */
export function gatherRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const [count = 0, ...rest] = tensor.dims;
  if (count === rows.length && rows.every((row, at) => row === at)) return tensor;
  const data = floats(tensor);
  const size = rest.reduce((a, b) => a * b, 1);
  const picked = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) picked.set(data.subarray(row * size, (row + 1) * size), at * size);
  return new Tensor('float32', picked, [rows.length, ...rest]);
}

/** float32 tensors [1, ...] of one shape as the rows of one. */
export function stackRows(tensors: readonly Tensor[]): Tensor {
  const [, ...rest] = tensors[0]?.dims ?? [0];
  const size = rest.reduce((a, b) => a * b, 1);
  const stacked = new Float32Array(tensors.length * size);
  for (const [row, tensor] of tensors.entries()) stacked.set(floats(tensor), row * size);
  return new Tensor('float32', stacked, [tensors.length, ...rest]);
}

/** Two float32 tensors [B, S, D] one behind the other along S. */
export function concatSequence(first: Tensor, second: Tensor): Tensor {
  const [batch = 0, a = 0, width = 0] = first.dims;
  const [, b = 0] = second.dims;
  const [left, right] = [floats(first), floats(second)];
  const joined = new Float32Array(batch * (a + b) * width);
  for (let row = 0; row < batch; row++) {
    joined.set(left.subarray(row * a * width, (row + 1) * a * width), row * (a + b) * width);
    joined.set(right.subarray(row * b * width, (row + 1) * b * width), (row * (a + b) + a) * width);
  }
  return new Tensor('float32', joined, [batch, a + b, width]);
}
