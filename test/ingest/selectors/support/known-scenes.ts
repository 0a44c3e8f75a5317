import { expect } from 'vitest';
import { readAll } from '../../../support/reading.ts';
import { KNOWN_VIDEOS, matchScenes } from '../../../support/videos.ts';

/** Reads one of the videos with known truth with `scene`. It may miss one change of scene, and find one that is none. */
export async function expectScenes(name: string, folder: string): Promise<ReturnType<typeof matchScenes>> {
  const video = await KNOWN_VIDEOS[name]?.(folder);
  if (video === undefined) throw new Error(`there is no video ${name}`);
  const { times, keyframes } = await readAll(video.path, 'scene');
  expect(times[0]).toBe(0);
  expect(keyframes.every(({ still }) => !still)).toBe(true);
  const match = matchScenes(times.slice(1), video.scenes, video.frame);
  expect(match.expected - match.hits).toBeLessThanOrEqual(1);
  expect(match.found - match.hits).toBeLessThanOrEqual(1);
  return match;
}
