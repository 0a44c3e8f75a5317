import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { SearchRules } from '../../../src/workers/decoding/beam-search.ts';
import { decodeCaptions } from '../../../src/workers/hub/cached-decoder.ts';
import type { Graph } from '../../../src/workers/hub/hub-sessions.ts';

/*
 * The traps of merged decoders with a key-value cache, one by one: a graph that is not run by onnxruntime, and behaves as some export does.
 */

const [HEADS, SIZE, COLUMNS, VOCAB, END] = [2, 4, 5, 8, 7];
const RULES: SearchRules = {
  ...{ beams: 1, maxTokens: 6, noRepeatNgram: 0, noRepeatToken: false, lengthPenalty: 1 },
  ...{ ends: [END], banned: [], mayBeEmpty: false },
};

interface Call {
  readonly feeds: Readonly<Record<string, Tensor>>;
}

interface Quirks {
  /** What the graph thinks of the encoder's cache in the first call. */
  readonly refuses?: (columns: number) => boolean;
  /** Inputs beyond those of every export. */
  readonly more?: readonly string[];
}

/** A decoder that writes 1, 2, 3, end; later calls return a placeholder for the encoder's part of the cache. */
function decoder({ refuses = () => false, more = [] }: Quirks = {}): { graph: Graph; calls: Call[] } {
  const calls: Call[] = [];
  const cache = (rows: number, columns: number, value: number): Tensor =>
    new Tensor('float32', new Float32Array(rows * HEADS * columns * SIZE).fill(value), [rows, HEADS, columns, SIZE]);
  const inputs = [
    ...['input_ids', 'encoder_hidden_states', 'use_cache_branch', 'past_key_values.0.decoder.key'],
    ...['past_key_values.0.encoder.key', ...more],
  ];
  const graph: Graph = {
    path: 'decoder_model_merged.onnx',
    inputs: new Set(inputs),
    outputs: ['logits', 'present.0.decoder.key', 'present.0.encoder.key'],
    shapeOf: () => ['batch_size', HEADS, 'past', SIZE],
    async run(feeds) {
      calls.push({ feeds });
      const ids = feeds.input_ids;
      const past = feeds['past_key_values.0.encoder.key'];
      const first = feeds.use_cache_branch?.data[0] === 0;
      if (ids === undefined || past === undefined) throw new Error('not fed');
      if (first && refuses(past.dims[2] ?? 0)) throw new Error(`Reshape of a dimension ${past.dims[2]}`);
      const [rows = 0, length = 0] = ids.dims;
      const logits = new Float32Array(rows * length * VOCAB);
      for (let row = 0; row < rows; row++) {
        const newest = Number(ids.data[(row + 1) * length - 1]);
        logits[((row + 1) * length - 1) * VOCAB + (newest === 3 ? END : newest + 1)] = 9;
      }
      const columns = (feeds['past_key_values.0.decoder.key']?.dims[2] ?? 0) + length;
      return {
        logits: new Tensor('float32', logits, [rows, length, VOCAB]),
        'present.0.decoder.key': cache(rows, columns, calls.length),
        'present.0.encoder.key': first ? cache(rows, COLUMNS, 42) : cache(rows, 1, -1),
      };
    },
    release: async () => undefined,
  };
  return { graph, calls };
}

const HIDDEN = new Tensor('float32', new Float32Array(COLUMNS * SIZE), [1, COLUMNS, SIZE]);
const write = ({ graph }: { graph: Graph }) =>
  decodeCaptions({ graph }, { ids: [[0]], length: 1 }, { hidden: HIDDEN }, RULES);
const encoderCache = ({ feeds }: Call): Tensor | undefined => feeds['past_key_values.0.encoder.key'];

test.each([
  ['zeros of its own length', (columns: number) => columns === 0],
  ['none at all', (columns: number) => columns > 0],
])("a first call whose graph takes, for the encoder's cache, only %s", async (_, refuses) => {
  const made = decoder({ refuses });
  const [caption] = await write(made);
  expect(caption?.tokens).toEqual([1, 2, 3]);
  expect(encoderCache(made.calls.at(-1) as Call)?.dims).toEqual([1, HEADS, COLUMNS, SIZE]);
});

test('a graph that refuses both fails with its first complaint', async () => {
  await expect(write(decoder({ refuses: () => true }))).rejects.toThrow(`Reshape of a dimension ${COLUMNS}`);
});

test("the encoder's cache is that of the first call for ever: later calls return placeholders", async () => {
  const made = decoder();
  await write(made);
  expect(made.calls).toHaveLength(4);
  for (const call of made.calls.slice(1)) {
    expect([...new Set(encoderCache(call)?.data as Float32Array)]).toEqual([42]);
  }
});

test('use_cache_branch is false in the first call, and true in all others; the own cache grows by a token each', async () => {
  const made = decoder();
  await write(made);
  expect(made.calls.map(({ feeds }) => feeds.use_cache_branch?.data[0])).toEqual([0, 1, 1, 1]);
  expect(made.calls.map(({ feeds }) => feeds.use_cache_branch?.type)).toEqual(['bool', 'bool', 'bool', 'bool']);
  expect(made.calls.map(({ feeds }) => feeds['past_key_values.0.decoder.key']?.dims[2])).toEqual([0, 1, 2, 3]);
});

test('num_logits_to_keep: a scalar 1, where the graph has it, or it computes the logits of the whole prompt', async () => {
  const made = decoder({ more: ['num_logits_to_keep'] });
  await write(made);
  for (const { feeds } of made.calls) {
    expect(feeds.num_logits_to_keep).toMatchObject({ type: 'int64', dims: [] });
    expect(feeds.num_logits_to_keep?.data).toEqual(BigInt64Array.of(1n));
  }
  const plain = decoder();
  await write(plain);
  expect(plain.calls[0]?.feeds).not.toHaveProperty('num_logits_to_keep');
});

test('an input that is not known is named, not left out', async () => {
  await expect(write(decoder({ more: ['token_type_ids'] }))).rejects.toThrow(
    /input token_type_ids, which is not known/,
  );
});
