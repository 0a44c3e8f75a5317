import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KNOWN_VIDEOS, makeFolder } from '../../support/videos.ts';
import { expectScenes } from './support/known-scenes.ts';

describe('scene, on all videos with known truth', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const total = { hits: 0, found: 0, expected: 0 };

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  it.each(Object.keys(KNOWN_VIDEOS))('%s', async (name) => {
    const match = await expectScenes(name, folder.path);
    total.hits += match.hits;
    total.found += match.found;
    total.expected += match.expected;
  });

  it('has recall and precision of at least 0.95 over all', () => {
    expect(total.expected).toBeGreaterThanOrEqual(35);
    expect(total.hits / total.expected).toBeGreaterThanOrEqual(0.95);
    expect(total.hits / total.found).toBeGreaterThanOrEqual(0.95);
  });
});
