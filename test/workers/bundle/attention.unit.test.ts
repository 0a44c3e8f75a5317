import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entropyOf, tokenAttention, wordAttention } from '../../../src/workers/bundle/attention.ts';
import { DEFAULT_BUNDLE, listBundles, loadBundle } from '../../../src/workers/bundle/bundle.ts';
import { openEngine } from '../../../src/workers/bundle/engine.ts';
import { openGraphs } from '../../../src/workers/bundle/graph-sessions.ts';
import { promptOf } from '../../../src/workers/bundle/prompt.ts';
import { buildTinyBundle, COLOURS, TEXTS, tinyPicture } from '../../support/tiny-bundle.ts';

test('entropy in bits of the shares, whatever their sum', () => {
  expect(entropyOf([0.25, 0.25, 0.25, 0.25])).toBeCloseTo(2, 12);
  expect(entropyOf([0.1, 0.1, 0.1, 0.1])).toBeCloseTo(2, 12);
  expect(entropyOf([0, 0.3, 0, 0])).toBe(0);
  expect(entropyOf([0.5, 0.25, 0.25, 0])).toBeCloseTo(1.5, 12);
});

test('a word of several tokens has the mean of what they saw', () => {
  const pieces = ['a', ' sk', 'ate', 'board', "'s", ' wheel', '.'];
  const decode = (tokens: readonly number[]) =>
    tokens
      .map((token) => pieces[token])
      .join('')
      .trim();
  const saw = [1, 2, 3, 7, 8, 6, 4].map((value) => Float32Array.of(value, 10 * value));
  expect(wordAttention([0, 1, 2, 3, 4, 5, 6], saw, decode)).toEqual([
    { text: 'a', attention: [1, 10] },
    { text: "skateboard's", attention: [5, 50] },
    { text: 'wheel.', attention: [5, 50] },
  ]);
  expect(wordAttention([], [], () => '')).toEqual([]);
});

test('explained: the words are those of the captions, and the tiny model attends evenly to the picture', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secondglance-attention-'));
  const engine = await openEngine(await loadBundle(await buildTinyBundle(folder)));
  try {
    const explained = await engine.explain(COLOURS.map((colour) => tinyPicture(colour)));
    expect(explained.map(({ draft, final }) => ({ draft: draft.text, text: final.text }))).toEqual(
      COLOURS.map((colour) => TEXTS[colour]),
    );
    for (const { draft, final } of explained) {
      for (const { text, confidence, words } of [draft, final]) {
        expect(words.map((word) => word.text).join(' ')).toBe(text);
        expect(confidence).toBeGreaterThan(0.7);
        for (const { attention } of words) {
          expect(attention).toHaveLength(4);
          expect(entropyOf(attention)).toBeCloseTo(2, 4);
        }
      }
    }
    expect(await engine.explain([])).toEqual([]);
  } finally {
    await engine.release();
    await rm(folder, { recursive: true, force: true });
  }
});

test.runIf((await listBundles()).some(({ name }) => name === DEFAULT_BUNDLE))(
  "a token's attention is that of the call that chose it, one token before",
  { timeout: 180_000 },
  async () => {
    const bundle = await loadBundle(DEFAULT_BUNDLE);
    const { ids, dims } = bundle.manifest;
    const graphs = await openGraphs(bundle);
    try {
      const { width, height } = bundle.image;
      const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i) % 251);
      const { glance } = await graphs.encode(pixels, 1);
      for (const drafts of [undefined, [[40, 50, 60]]]) {
        const tokens = [10, 300, 42, 7, 1000];
        const [found] = await tokenAttention(graphs.decode, bundle.manifest, glance, [tokens], drafts);
        const prompt = promptOf(ids, [[]], drafts);
        const seen = [...new Array<number>(dims.visual).fill(1), ...(prompt.seen[0] ?? [])];
        const mask = () => ({ columns: seen.length, values: seen });
        let { attention, present } = await graphs.decode({
          ...prompt,
          visual: glance,
          mask: mask(),
          past: undefined,
          rows: [0],
        });
        const chosen = [attention[0]?.at(-1)];
        for (const [at, token] of tokens.slice(0, -1).entries()) {
          seen.push(1);
          const one = (value: number) => ({ columns: 1, values: [value] });
          ({ attention, present } = await graphs.decode({
            visual: undefined,
            ids: one(token),
            positions: one(at + 1),
            segments: one(0),
            mask: mask(),
            past: present,
            rows: [0],
          }));
          chosen.push(attention[0]?.at(-1));
        }
        expect(found).toHaveLength(tokens.length);
        for (const [at, shares] of (found ?? []).entries()) {
          const gaps = [...shares].map((share, n) => Math.abs(share - (chosen[at]?.[n] ?? Number.NaN)));
          expect(Math.max(...gaps)).toBeLessThan(1e-5);
        }
        // Neighbours differ by far more than that: no column stands for another.
        const [first, second] = [found?.[0], found?.[1]];
        expect(
          Math.max(...[...(first ?? [])].map((share, n) => Math.abs(share - (second?.[n] ?? share)))),
        ).toBeGreaterThan(1e-4);
      }
    } finally {
      await graphs.release();
    }
  },
);
