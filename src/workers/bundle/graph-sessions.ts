import '../decoding/telemetry.ts';
import { join } from 'node:path';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { runtimeVersion } from '../decoding/runtime.ts';
import { BundleError } from '../errors.ts';
import type { Bundle } from './bundle.ts';
import { contractMismatches, type GraphContract, graphContracts } from './graph-contract.ts';
import { BUNDLE_FORMAT, type GraphName } from './manifest.ts';

/** What the encoder gives for B pictures. */
export interface Encoded {
  /** Visual tokens of the first pass, float32 [B, N, D]. */
  readonly glance: Tensor;
  /** Features of several encoder stages on one grid, float32 [B, N, C]. */
  readonly features: Tensor;
}

/** Integers such as token ids, row by row: B rows of `columns`. */
export interface Table {
  readonly columns: number;
  readonly values: readonly number[];
}

/** Input of one decoder call. B rows; T text columns; S cache slots so far. */
export interface DecoderInput {
  /** float32 [B, P, D]: N visual tokens on a pass's first call; undefined (none) later. */
  readonly visual: Tensor | undefined;
  readonly ids: Table;
  readonly positions: Table;
  /** 0 caption, 1 draft. */
  readonly segments: Table;
  /** [B, S + P + T]; 1 where a cache slot may be attended to. */
  readonly mask: Table;
  /** Keys and values [L, 2, B0, H, S, hd]; undefined on a pass's first call. */
  readonly past: Tensor | undefined;
  /** Which row of `past` each row continues. */
  readonly rows: readonly number[];
}

/** Output of one decoder call. */
export interface DecoderOutput {
  /** Logits behind each text column: B rows of T columns of V. */
  readonly logits: readonly (readonly Float32Array[])[];
  /** Keys and values so far, for the next call. */
  readonly present: Tensor;
  /** Attention of each text column to the visual tokens, mean over layers and heads: B rows of T columns of N. */
  readonly attention: readonly (readonly Float32Array[])[];
}

/** One call of a decoder: appends to the cache and predicts the next token at each text column. */
export type Decoder = (input: DecoderInput) => Promise<DecoderOutput>;

/** The graphs of a bundle, loaded into this process. Every run is synchronous: it blocks the event loop. */
export interface Graphs {
  /** @param pixels B pictures one after the other, RGB 8 bits, each height * width * 3 bytes */
  encode(pixels: Uint8Array, pictures: number): Promise<Encoded>;
  /** Features for DeepLens beside the encoder's, float32 [B, N, C2]; undefined where the bundle has no `detail` graph. */
  detail(pixels: Uint8Array, pictures: number): Promise<Tensor | undefined>;
  /** DeepLens. @param drafts token ids [B, T], right-padded. @returns refined visual tokens, float32 [B, N, D] */
  refine(encoded: Encoded, drafts: Table): Promise<Tensor>;
  /** The first pass's decoder. */
  readonly decode: Decoder;
  /** The second pass's decoder: the same one, unless the bundle has a `secondDecoder`. */
  readonly decodeSecond: Decoder;
  release(): Promise<void>;
}

async function openGraph(
  bundle: Bundle,
  name: GraphName,
  path: string,
  contract: GraphContract,
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
  const mismatches = contractMismatches(session, contract);
  if (mismatches.length === 0) return session;
  await session.release();
  throw new BundleError(
    'bundle-graph',
    `${path} is not a ${name} graph of bundle format ${BUNDLE_FORMAT}: ${mismatches.join('; ')}.`,
  );
}

function int64({ columns, values }: Table): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length / columns, columns]);
}

/** Runs a graph for the named outputs; onnxruntime rejects where one of them does not exist. */
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
  if (!(data instanceof Float32Array)) throw new TypeError('The decoder output is not float32');
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const begin = (row * columns + column) * size;
      return data.subarray(begin, begin + size);
    }),
  );
}

/**
 * Loads a bundle's graphs into this process and checks them against the contract of their format.
 * @param profiles a folder to which onnxruntime writes its profile of the runs when the graphs are released
 * @throws BundleError `bundle-graph` with every mismatch
 */
export async function openGraphs(bundle: Bundle, profiles?: string): Promise<Graphs> {
  const { manifest, files } = bundle;
  const { image, dims } = manifest;
  const contracts = graphContracts(manifest);
  const open = (name: GraphName, path: string) => openGraph(bundle, name, path, contracts[name], profiles);
  const encoder = await open('encoder', files.encoder);
  const deeplens = await open('deeplens', files.deeplens);
  const decoder = await open('decoder', files.decoder);
  const secondDecoder = files.secondDecoder === undefined ? decoder : await open('secondDecoder', files.secondDecoder);
  const detail = files.detail === undefined ? undefined : await open('detail', files.detail);
  const sessions = new Set([encoder, deeplens, decoder, secondDecoder, ...(detail === undefined ? [] : [detail])]);
  const pictureTensor = (pixels: Uint8Array, pictures: number): Tensor =>
    new Tensor('uint8', pixels, [pictures, image.height, image.width, 3]);
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
      return run(encoder, { pixels: pictureTensor(pixels, pictures) }, ['glance', 'features']);
    },
    async detail(pixels, pictures) {
      if (detail === undefined) return undefined;
      return (await run(detail, { pixels: pictureTensor(pixels, pictures) }, ['detail'])).detail;
    },
    async refine({ glance, features }, drafts) {
      return (await run(deeplens, { glance, features, draft: int64(drafts) }, ['refined'])).refined;
    },
    decode: decoding(decoder),
    decodeSecond: decoding(secondDecoder),
    async release() {
      if (profiles !== undefined) for (const session of sessions) session.endProfiling();
      await Promise.all([...sessions].map((session) => session.release()));
    },
  };
}

/** The version of onnxruntime and its execution providers; those that are not `bundled` need a separate installation. */
export function executionProviders(): { version: string; providers: { name: string; bundled: boolean }[] } {
  return { version: runtimeVersion(), providers: listSupportedBackends() };
}
