import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identify } from '../../../src/captioning/input-identity.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { findSteps } from '../../../src/steps/find/find-steps.ts';
import type { VideoMaterial } from '../../../src/steps/find/material.ts';
import { readSpoken, subtitleFiles } from '../../../src/steps/find/subtitle-files.ts';
import { surveyVideo } from '../../../src/steps/survey-video.ts';
import { loadBundle } from '../../../src/workers/bundle/bundle.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';
import { createCaptioner } from '../../../src/workers/pool/pool.ts';
import { NEVER, sourceOf } from '../../support/reading.ts';
import { buildTinyBundle } from '../../support/tiny-bundle.ts';
import { makeFolder } from '../../support/videos.ts';
import { CORPUS } from '../support/corpus.ts';
import { boundaryF1, equalIntervals, type MadeVideo } from '../support/made.ts';

const SECOND = 1_000_000;
const LENGTHS = { shortest: 5 * SECOND, longest: 180 * SECOND };

let folder: { path: string; remove: () => Promise<void> };
let captioner: Captioner;
beforeAll(async () => {
  folder = await makeFolder();
  const bundle = await loadBundle(await buildTinyBundle(path.join(folder.path, 'tiny')));
  captioner = createCaptioner({ model: bundle, processes: 1 });
  await captioner.open();
}, 240_000);
afterAll(async () => {
  await captioner.close();
  await folder.remove();
});

async function materialOf(video: MadeVideo): Promise<VideoMaterial> {
  const source = await sourceOf(video.path);
  const media = await probe(source, { signal: NEVER });
  const stateDir = path.join(folder.path, 'state');
  const identity = (await identify(source)) ?? {};
  const request = { source, media, identity, captioner, stateDir, signal: NEVER };
  const survey = await surveyVideo({ ...request, passes: 2, onProgress: () => undefined });
  const { utterances } = await readSpoken(source, await subtitleFiles(source, stateDir), NEVER);
  return { samples: survey.samples, captions: survey.captions, utterances, chapters: [], end: survey.end };
}

const scores: { readonly ours: number; readonly equal: number }[] = [];

describe('steps of made videos, within two seconds', () => {
  test.each(Object.entries(CORPUS))(
    '%s',
    async (name, make) => {
      const video = await make(folder.path);
      const material = await materialOf(video);
      const steps = findSteps(material, LENGTHS);
      expect(steps[0]?.start).toBe(0);
      expect(steps.at(-1)?.end).toBe(material.end);
      expect(steps.slice(1).map(({ start }) => start)).toEqual(steps.slice(0, -1).map(({ end }) => end));

      const found = steps.slice(1).map(({ start }) => start / SECOND);
      const ours = boundaryF1(found, video.boundaries);
      const equal = boundaryF1(equalIntervals(found.length, video.seconds), video.boundaries);
      scores.push({ ours, equal });
      // Where no caption changes, speech alone has to do.
      expect(ours).toBeGreaterThanOrEqual(name === 'spoken, one colour' ? 0.7 : 0.8);
      expect(ours).toBeGreaterThan(equal);
    },
    240_000,
  );

  test('all in all', () => {
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(scores).toHaveLength(Object.keys(CORPUS).length);
    expect(mean(scores.map(({ ours }) => ours))).toBeGreaterThanOrEqual(0.9);
    expect(mean(scores.map(({ equal }) => equal))).toBeLessThan(0.6);
  });
});

describe('what shapes the steps', () => {
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
});
