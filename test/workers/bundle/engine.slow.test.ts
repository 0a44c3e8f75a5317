import { expect, test } from 'vitest';
import { DEFAULT_BUNDLE, loadBundle } from '../../../src/workers/bundle/bundle.ts';
import { openEngine } from '../../../src/workers/bundle/engine.ts';
import { drawnPicture } from '../drawn-picture.ts';

const TWO = { passes: 2 } as const;

test('the default bundle: drafts scored whole give the captions that decoding gives', async () => {
  const bundle = await loadBundle(DEFAULT_BUNDLE);
  const generation = { ...bundle.manifest.generation, beams: 1 };
  const greedy = { ...bundle, manifest: { ...bundle.manifest, generation } };
  const [scored, decoded] = [await openEngine(greedy), await openEngine(greedy, { scoreDrafts: false })];
  const { width, height } = bundle.image;
  const pictures = Array.from({ length: 8 }, (_, kind) => drawnPicture(kind, width, height));
  const [found, expected] = [await scored.write(pictures, TWO), await decoded.write(pictures, TWO)];
  expect(found.map(({ final }) => final.tokens)).toEqual(expected.map(({ final }) => final.tokens));
  for (const [i, { final }] of found.entries()) {
    expect(final.confidence).toBeCloseTo(expected[i]?.final.confidence ?? Number.NaN, 5);
  }
  await scored.release();
  await decoded.release();
});
