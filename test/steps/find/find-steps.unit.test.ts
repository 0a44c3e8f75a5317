import { expect, test } from 'vitest';
import { findSteps } from '../../../src/steps/find/find-steps.ts';
import type { VideoMaterial } from '../../../src/steps/find/material.ts';

const SECOND = 1_000_000;
const LENGTHS = { shortest: 5 * SECOND, longest: 180 * SECOND };

/** Half-second samples of grey pictures, and a caption for each change. */
function still(
  parts: readonly { readonly grey: number; readonly text: string; readonly seconds: number }[],
): VideoMaterial {
  const samples: VideoMaterial['samples'][number][] = [];
  const captions: VideoMaterial['captions'][number][] = [];
  let time = 0;
  for (const { grey, text, seconds } of parts) {
    captions.push({ time, text, confidence: 0.9 });
    for (const until = time + seconds * SECOND; time < until; time += SECOND / 2) {
      const signature = new Float32Array(768).fill(grey, 0, 256);
      samples.push({ time, signature, sharpness: 1, blank: false });
    }
  }
  return { samples, captions, utterances: [], chapters: [], end: time };
}
const starts = (material: VideoMaterial, lengths = LENGTHS): number[] =>
  findSteps(material, lengths).map(({ start }) => start / SECOND);

test('picture and words both, neither alone', () => {
  const shelf = { grey: 50, text: 'A man at a shelf', seconds: 20 };
  const glue = { grey: 150, text: 'Two bottles of glue', seconds: 20 };
  expect(starts(still([shelf, glue]))).toEqual([0, 20]);
  expect(starts(still([shelf, { ...glue, grey: 50 }]))).toEqual([0]);
  expect(starts(still([shelf, { ...glue, text: shelf.text }]))).toEqual([0]);
});

test('a flicker longer than half the shortest step makes no step', () => {
  const shelf = { grey: 50, text: 'A man at a shelf', seconds: 20 };
  const flicker = { grey: 200, text: 'A white dog', seconds: 4 };
  expect(starts(still([shelf, flicker, shelf]))).toEqual([0]);
});

test('--max-step cuts where the picture changes most, else evenly enough', () => {
  const lengths = { shortest: 5 * SECOND, longest: 30 * SECOND };
  const text = 'A man at a shelf';
  expect(
    starts(
      still([
        { grey: 50, text, seconds: 23 },
        { grey: 90, text, seconds: 17 },
      ]),
      lengths,
    ),
  ).toEqual([0, 23]);
  const long = findSteps(still([{ grey: 50, text, seconds: 100 }]), lengths);
  for (const { start, end } of long) {
    expect(end - start).toBeLessThanOrEqual(lengths.longest);
    expect(end - start).toBeGreaterThanOrEqual(lengths.shortest);
  }
});

test('chapters are steps; a short one joins its neighbour, a long one makes several', () => {
  const shelf = { grey: 50, text: 'A man at a shelf', seconds: 40 };
  const glue = { grey: 150, text: 'Two bottles of glue', seconds: 40 };
  const chapter = (start: number, end: number, title: string) => ({
    start: start * SECOND,
    end: end * SECOND,
    title,
  });
  const chapters = [chapter(10, 30, 'Parts'), chapter(30, 32, 'Blink'), chapter(32, 80, 'All the rest')];
  const lengths = { shortest: 5 * SECOND, longest: 45 * SECOND };
  const found = findSteps({ ...still([shelf, glue]), chapters }, lengths);
  expect(found.map(({ start, chapter: title, part }) => [start / SECOND, title, part])).toEqual([
    [0, '', undefined],
    [10, 'Parts', undefined],
    [30, 'Blink', 1],
    [40, 'Blink', 2],
  ]);
});

test('"Step two" makes a step where the picture stays', () => {
  const material = still([{ grey: 50, text: 'A woman at a table', seconds: 40 }]);
  const utterances = [
    { start: 0, end: 3 * SECOND, text: 'Step one. Cut the paper.' },
    { start: 22 * SECOND, end: 25 * SECOND, text: 'Step two. Fold it over.' },
  ];
  expect(starts({ ...material, utterances })).toEqual([0, 22]);
});

test('an empty video', () => {
  expect(starts({ ...still([]), end: 4 * SECOND })).toEqual([0]);
});
