import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { colourFilm, makeFolder } from '../support/videos.ts';
import { captionsOf, startLive } from './support/live-runs.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

test('a file that is not followed plays at its own pace and ends', async () => {
  const film = await colourFilm(['red', 'blue'], join(folder.path, 'film.ts'));
  await using live = await startLive([film], { follow: false, choice: { mode: 'every', interval: 1_000_000 } });
  const summary = await live.ended;
  expect(captionsOf(live.events).map(({ text }) => text)).toEqual(['red', 'red', 'blue', 'blue']);
  expect(live.events.at(-1)).toMatchObject({ kind: 'state', state: 'ended' });
  expect(summary).toMatchObject({ exitCode: 0, sources: [{ state: 'ended', captions: 4, cues: 2 }] });
});
