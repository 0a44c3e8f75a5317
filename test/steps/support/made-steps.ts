import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { identify } from '../../../src/captioning/input-identity.ts';
import { readSpoken, subtitleFiles } from '../../../src/captioning/speech/subtitle-files.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { findSteps } from '../../../src/steps/find/find-steps.ts';
import type { VideoMaterial } from '../../../src/steps/find/material.ts';
import { surveyVideo } from '../../../src/steps/survey-video.ts';
import { loadBundle } from '../../../src/workers/bundle/bundle.ts';
import type { Captioner } from '../../../src/workers/captioner.ts';
import { createCaptioner } from '../../../src/workers/pool/pool.ts';
import { NEVER, sourceOf } from '../../support/reading.ts';
import { tinyBundle } from '../../support/run.ts';
import { makeFolder } from '../../support/videos.ts';
import { CORPUS } from './corpus.ts';
import { boundaryF1, equalIntervals, type MadeVideo } from './made.ts';

const SECOND = 1_000_000;
const LENGTHS = { shortest: 5 * SECOND, longest: 180 * SECOND };

/** How well the steps of a made video were found: F1 of the boundaries within two seconds, and that of equal intervals. */
export interface Score {
  readonly ours: number;
  readonly equal: number;
}

/** Finds the steps of a video of the corpus, checks them, and returns their score. */
export function madeSteps(): (name: string) => Promise<Score> {
  let folder: { path: string; remove: () => Promise<void> };
  let captioner: Captioner;
  beforeAll(async () => {
    folder = await makeFolder();
    captioner = createCaptioner({ model: await loadBundle(tinyBundle()), processes: 1 });
    await captioner.open();
  });
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

  return async (name) => {
    const make = CORPUS[name];
    if (make === undefined) throw new Error(`the corpus has no ${name}`);
    const video = await make(folder.path);
    const material = await materialOf(video);
    const steps = findSteps(material, LENGTHS);
    expect(steps[0]?.start).toBe(0);
    expect(steps.at(-1)?.end).toBe(material.end);
    expect(steps.slice(1).map(({ start }) => start)).toEqual(steps.slice(0, -1).map(({ end }) => end));

    const found = steps.slice(1).map(({ start }) => start / SECOND);
    const ours = boundaryF1(found, video.boundaries);
    const equal = boundaryF1(equalIntervals(found.length, video.seconds), video.boundaries);
    // Where no caption changes, speech alone has to do.
    expect(ours).toBeGreaterThanOrEqual(name === 'spoken, one colour' ? 0.7 : 0.8);
    expect(ours).toBeGreaterThan(equal);
    return { ours, equal };
  };
}
