import './telemetry.ts';
import { join } from 'node:path';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { BundleError } from '../errors.ts';
import type { Bundle } from './bundle.ts';
import type { GraphName, Manifest } from './manifest.ts';
import { runtimeVersion } from './runtime.ts';

/** What the encoder sees in B pictures. */
export interface Encoded {
  /** Visual tokens of the first look, float32 [B, N, D]. */
  readonly glance: Tensor;
  /** Features of several encoder stages on one grid, float32 [B, N, C]. */
  readonly features: Tensor;
}

/** A table of token ids or the like, row by row: B rows of `columns`. */
export interface Table {
  readonly columns: number;
  readonly values: readonly number[];
}

/** What the decoder reads in one call. B rows; T text columns; S cache slots so far. */
export interface DecoderInput {
  /** float32 [B, P, D]: N visual tokens on a look's first call, none (undefined) later. */
  readonly visual: Tensor | undefined;
  readonly ids: Table;
  readonly positions: Table;
  /** 0 caption, 1 draft. */
  readonly segments: Table;
  /** [B, S + P + T]; 1 where a cache slot may be attended to. */
  readonly mask: Table;
  /** Keys and values [L, 2, B0, H, S, hd]; none (undefined) on a look's first call. */
  readonly past: Tensor | undefined;
  /** Which row of `past` each row goes on from. */
  readonly rows: readonly number[];
}

/** What the decoder answers. */
export interface DecoderOutput {
  /** Logits behind each text column: B rows of T columns of V. */
  readonly logits: readonly (readonly Float32Array[])[];
  /** Keys and values so far, for the next call. */
  readonly present: Tensor;
  /** Attention of each text column to the visual tokens, mean over layers and heads: B rows of T columns of N. */
  readonly attention: readonly (readonly Float32Array[])[];
}

/** A decoder: one call, which appends to the cache and predicts what comes next. */
export type Decoder = (input: DecoderInput) => Promise<DecoderOutput>;

/** The graphs of a bundle, ready to run in this process. Every run blocks the event loop until it is done. */
export interface Graphs {
  /** @param pixels B pictures one after the other, RGB 8 bits, each height * width * 3 bytes */
  encode(pixels: Uint8Array, pictures: number): Promise<Encoded>;
  /** @param drafts token ids [B, T], right-padded. @returns refined visual tokens, float32 [B, N, D] */
  refine(encoded: Encoded, drafts: Table): Promise<Tensor>;
  readonly decode: Decoder;
  /** The second look's: the same decoder, unless the bundle has another for it. */
  readonly rewrite: Decoder;
  release(): Promise<void>;
}

type Shape = readonly (number | undefined)[];
type Port = readonly [type: Tensor.Type, shape: Shape];
type Contract = Record<'inputs' | 'outputs', Record<string, Port>>;

/** Bundle format 1: names, element types and shapes (undefined: any) of every graph's inputs and outputs. */
function contractOf({ image, dims }: Manifest): Record<GraphName, Contract> {
  const { visual, width, features, layers, heads, headDim, vocab } = dims;
  const tokens: Port = ['float32', [undefined, visual, width]];
  const stages: Port = ['float32', [undefined, visual, features]];
  const table: Port = ['int64', [undefined, undefined]];
  const cache: Port = ['float32', [layers, 2, undefined, heads, undefined, headDim]];
  const decoder: Contract = {
    inputs: {
      visual: ['float32', [undefined, undefined, width]],
      ids: table,
      positions: table,
      segments: table,
      mask: table,
      past: cache,
      rows: ['int64', [undefined]],
    },
    outputs: {
      logits: ['float32', [undefined, undefined, vocab]],
      present: cache,
      attention: ['float32', [undefined, undefined, visual]],
    },
  };
  return {
    encoder: {
      inputs: { pixels: ['uint8', [undefined, image.height, image.width, 3]] },
      outputs: { glance: tokens, features: stages },
    },
    deeplens: { inputs: { glance: tokens, features: stages, draft: table }, outputs: { refined: tokens } },
    decoder,
    rewriter: decoder,
  };
}

/** What is wrong with one side of a graph, as phrases; empty where it fits. A dimension that the graph leaves open always fits. */
function misfits(
  found: readonly InferenceSession.ValueMetadata[],
  wanted: Record<string, Port>,
  side: string,
): string[] {
  const faults: string[] = [];
  for (const [name, [type, shape]] of Object.entries(wanted)) {
    const port = found.find((value) => value.name === name);
    if (port === undefined) {
      faults.push(`${side} ${name} is missing`);
    } else if (!port.isTensor || port.type !== type) {
      faults.push(`${side} ${name} is ${port.isTensor ? port.type : 'no tensor'} instead of ${type}`);
    } else if (
      port.shape.length !== shape.length ||
      port.shape.some((size, axis) => typeof size === 'number' && shape[axis] !== undefined && size !== shape[axis])
    ) {
      const expected = shape.map((size) => size ?? 'any').join(', ');
      faults.push(`${side} ${name} has shape [${port.shape.join(', ')}] instead of [${expected}]`);
    }
  }
  return faults;
}

async function openGraph(
  bundle: Bundle,
  name: GraphName,
  path: string,
  contract: Contract,
  profiles: string | undefined,
): Promise<InferenceSession> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(path, {
      executionProviders: [bundle.provider],
      // One thread: how a matrix is split among threads may change its last bits, and captions must not depend on
      // how many workers there are. Cores are used by processes instead.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // Patterns are kept for every shape ever seen, and the decoder's shapes change at each step.
      enableMemPattern: false,
      logSeverityLevel: 3,
      ...(profiles === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profiles, name) }),
    });
  } catch (cause) {
    throw new BundleError(
      'bundle-graph',
      `${path} cannot be loaded on ${bundle.provider}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const extra = session.inputNames
    .filter((input) => !(input in contract.inputs))
    .map((input) => `input ${input} is unknown`);
  const faults = [
    ...misfits(session.inputMetadata, contract.inputs, 'input'),
    ...extra,
    ...misfits(session.outputMetadata, contract.outputs, 'output'),
  ];
  if (faults.length === 0) return session;
  await session.release();
  throw new BundleError('bundle-graph', `${path} is no ${name} of bundle format 1: ${faults.join('; ')}.`);
}

function int64({ columns, values }: Table): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length / columns, columns]);
}

/** Runs a graph for the outputs named, which are then sure to be there. */
async function run<Name extends string>(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  outputs: readonly Name[],
): Promise<Record<Name, Tensor>> {
  return (await session.run(feeds, [...outputs])) as Record<Name, Tensor>;
}

/** A tensor [B, T, X] as B rows of T views. */
function columnsOf({ data, dims }: Tensor): Float32Array[][] {
  const [rows = 0, columns = 0, size = 0] = dims;
  if (!(data instanceof Float32Array)) throw new TypeError('The decoder gave numbers that are not float32');
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const begin = (row * columns + column) * size;
      return data.subarray(begin, begin + size);
    }),
  );
}

/**
 * Loads a bundle's graphs into this process and compares them with the contract of its format.
 * @param profiles a folder where onnxruntime's own records of the runs are written when the graphs are released
 * @throws BundleError `bundle-graph` with every misfit named
 */
export async function openGraphs(bundle: Bundle, profiles?: string): Promise<Graphs> {
  const { manifest, files } = bundle;
  const { image, dims } = manifest;
  const contract = contractOf(manifest);
  const open = (name: GraphName, path: string) => openGraph(bundle, name, path, contract[name], profiles);
  const encoder = await open('encoder', files.encoder);
  const deeplens = await open('deeplens', files.deeplens);
  const decoder = await open('decoder', files.decoder);
  const rewriter = files.rewriter === undefined ? decoder : await open('rewriter', files.rewriter);
  const sessions = new Set([encoder, deeplens, decoder, rewriter]);
  const decoding =
    (session: InferenceSession): Decoder =>
    async ({ visual, ids, positions, segments, mask, past, rows }) => {
      const feeds = {
        visual: visual ?? new Tensor('float32', new Float32Array(0), [rows.length, 0, dims.width]),
        ids: int64(ids),
        positions: int64(positions),
        segments: int64(segments),
        mask: int64(mask),
        past:
          past ??
          new Tensor('float32', new Float32Array(0), [dims.layers, 2, rows.length, dims.heads, 0, dims.headDim]),
        rows: new Tensor('int64', BigInt64Array.from(rows, BigInt), [rows.length]),
      };
      const { logits, present, attention } = await run(session, feeds, ['logits', 'present', 'attention']);
      return { logits: columnsOf(logits), present, attention: columnsOf(attention) };
    };
  return {
    encode(pixels, pictures) {
      const input = new Tensor('uint8', pixels, [pictures, image.height, image.width, 3]);
      return run(encoder, { pixels: input }, ['glance', 'features']);
    },
    async refine({ glance, features }, drafts) {
      return (await run(deeplens, { glance, features, draft: int64(drafts) }, ['refined'])).refined;
    },
    decode: decoding(decoder),
    rewrite: decoding(rewriter),
    async release() {
      if (profiles !== undefined) for (const session of sessions) session.endProfiling();
      await Promise.all([...sessions].map((session) => session.release()));
    },
  };
}

/** Which onnxruntime this is, and the execution providers that its package has: `bundled`, or to be installed besides. */
export function executionProviders(): { version: string; providers: { name: string; bundled: boolean }[] } {
  return { version: runtimeVersion(), providers: listSupportedBackends() };
}
