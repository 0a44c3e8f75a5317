import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../support/videos.ts';
import { expectScenes } from './support/known-scenes.ts';

// One video of each kind of change; scene.slow.test.ts has them all.
describe('scene, on videos with known truth', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  it.each([
    ['hard cuts', 9],
    ['fades through black', 4],
    ['cross-fades', 4],
    ['flash', 0],
  ])('%s', async (name, expected) => {
    expect(await expectScenes(name, folder.path)).toMatchObject({ expected });
  });
});
