import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAll } from '../../support/reading.ts';
import { KNOWN_VIDEOS, makeFolder, matchScenes } from '../../support/videos.ts';

describe('scene, on videos with known truth', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const total = { hits: 0, found: 0, expected: 0 };

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  it.each(Object.entries(KNOWN_VIDEOS))('%s', async (_, make) => {
    const video = await make(folder.path);
    const { times, keyframes } = await readAll(video.path, 'scene');
    expect(times[0]).toBe(0);
    expect(keyframes.every(({ still }) => !still)).toBe(true);
    const match = matchScenes(times.slice(1), video.scenes, video.frame);
    total.hits += match.hits;
    total.found += match.found;
    total.expected += match.expected;
    // One video may have one miss or one false find; all together are held to 0.95 below.
    expect(match.expected - match.hits).toBeLessThanOrEqual(1);
    expect(match.found - match.hits).toBeLessThanOrEqual(1);
  });

  it('has recall and precision of at least 0.95 over all', () => {
    expect(total.expected).toBeGreaterThanOrEqual(35);
    expect(total.hits / total.expected).toBeGreaterThanOrEqual(0.95);
    expect(total.hits / total.found).toBeGreaterThanOrEqual(0.95);
  });
});
