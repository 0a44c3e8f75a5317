import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { Decoder, DecoderInput } from '../../../src/workers/bundle/graph-sessions.ts';
import type { Manifest } from '../../../src/workers/bundle/manifest.ts';
import { writePass } from '../../../src/workers/bundle/write-pass.ts';

const VOCAB = 7;
const [EOS, ONE, OTHER] = [2, 4, 5];
const MANIFEST = {
  dims: { visual: 1, width: 1, features: 1, layers: 1, heads: 1, headDim: 1, vocab: VOCAB },
  ids: { pad: 0, bos: 1, eos: EOS, draft: 3 },
  generation: { beams: 1, maxTokens: 4, noRepeatNgram: 0, lengthPenalty: 1, bothPasses: true, minConfidence: 0 },
} as unknown as Manifest;

/** Probabilities as logits; all other tokens are out of the question. */
const logits = (chances: Record<number, number>): Float32Array =>
  Float32Array.from({ length: VOCAB }, (_, token) => Math.log(chances[token] ?? 1e-9));

/** A decoder for which a picture's visual token says how likely ONE is as the first word; after it comes the end. */
function decoder(calls: DecoderInput[]): Decoder {
  return async (input) => {
    calls.push(input);
    const { columns, values } = input.ids;
    const rows = Array.from({ length: values.length / columns }, (_, row) => row);
    const first = Array.from((input.visual?.data ?? []) as Float32Array);
    const says = (row: number, id: number): Float32Array =>
      id === MANIFEST.ids.bos
        ? logits({ [ONE]: first[row] ?? 0, [OTHER]: 1 - (first[row] ?? 0) })
        : logits({ [EOS]: 0.5, [ONE]: 0.25, [OTHER]: 0.25 });
    return {
      logits: rows.map((row) => values.slice(row * columns, (row + 1) * columns).map((id) => says(row, id))),
      present: new Tensor('float32', [0], [1]),
      attention: [],
    };
  };
}

const view = (...chances: number[]): Tensor => new Tensor('float32', chances, [chances.length, 1, 1]);
const silent = decoder([]);

test('from two views, a probability is the geometric mean of both, brought to a sum of 1', async () => {
  const calls: DecoderInput[] = [];
  const drafts = [[ONE], []];
  const decode = decoder(calls);
  const views = [
    { decode, visual: view(0.6, 0.3) },
    { decode, visual: view(0.1, 0.9), drafts },
  ];
  const [left, right] = await writePass(MANIFEST, views);
  const mean = (a: number, b: number) => Math.sqrt(a * b) / (Math.sqrt(a * b) + Math.sqrt((1 - a) * (1 - b)));
  expect(left?.tokens).toEqual([OTHER]);
  expect(left?.confidence).toBeCloseTo(Math.sqrt((1 - mean(0.6, 0.1)) * 0.5), 5);
  expect(right?.tokens).toEqual([ONE]);
  expect(right?.confidence).toBeCloseTo(Math.sqrt(mean(0.3, 0.9) * 0.5), 5);
  // Each view is read once, the second behind the drafts; then both write the same tokens.
  expect(calls.map(({ ids }) => ids.values)).toEqual([
    [1, 1],
    [3, ONE, 1, 3, 0, 1],
    [OTHER, ONE],
    [OTHER, ONE],
  ]);
});

test('a draft that both views together would have written costs no further call', async () => {
  const calls: DecoderInput[] = [];
  const drafts = [[OTHER]];
  const views = (decode: Decoder) => [
    { decode, visual: view(0.6) },
    { decode, visual: view(0.1), drafts },
  ];
  const [scored] = await writePass(MANIFEST, views(decoder(calls)), drafts);
  expect(calls).toHaveLength(2);
  const [decoded] = await writePass(MANIFEST, views(silent));
  expect(scored).toEqual(decoded);
  expect(scored?.tokens).toEqual([OTHER]);
});

test('a view that has been read is read again only for captions that leave their drafts', async () => {
  const calls: DecoderInput[] = [];
  // With the first view alone, ONE, ONE and OTHER are written first; with both, the middle one becomes OTHER.
  const [first, second] = [view(0.9, 0.6, 0.4), view(0.9, 0.1, 0.4)];
  const drafted = await writePass(MANIFEST, [{ decode: silent, visual: first }]);
  const drafts = drafted.map(({ tokens }) => tokens);
  expect(drafts).toEqual([[ONE], [ONE], [OTHER]]);
  const scored = drafted.map(({ logits: said }) => said);
  const views = (decode: Decoder, readBefore: object) => [
    { decode, visual: first, ...readBefore },
    { decode, visual: second, drafts },
  ];
  const looked = await writePass(MANIFEST, views(decoder(calls), { scored }), drafts);
  expect(looked.map(({ tokens }) => tokens)).toEqual([[ONE], [OTHER], [OTHER]]);
  expect(looked).toEqual(await writePass(MANIFEST, views(silent, {})));
  // The second view with all drafts; then the first one's picture that is written otherwise, and its step in the second.
  expect(calls.map(({ ids, visual }) => [ids.values, visual?.data.length])).toEqual([
    [[3, ONE, 1, ONE, 3, ONE, 1, ONE, 3, OTHER, 1, OTHER], 3],
    [[1, OTHER], 1],
    [[OTHER], undefined],
  ]);
});

test('each view is written from by its own decoder', async () => {
  const one: DecoderInput[] = [];
  const other: DecoderInput[] = [];
  const views = [
    { decode: decoder(one), visual: view(0.6) },
    { decode: decoder(other), visual: view(0.1) },
  ];
  await writePass(MANIFEST, views);
  expect(one.map(({ ids }) => ids.values)).toEqual([[1], [OTHER]]);
  expect(other.map(({ visual }) => visual?.data[0])).toEqual([expect.closeTo(0.1), undefined]);
});
