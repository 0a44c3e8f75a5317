import { expect, test } from 'vitest';
import { submitVideo } from '../../src/queue/video-control.ts';
import { readStatus, watchStatus } from '../../src/services/status.ts';
import { contexts, videoId } from '../queue/support/contexts.ts';
import { beginVideo, never } from '../queue/support/over-redis.ts';

const { context } = contexts();

test('reading the state changes nothing', async () => {
  const queue = await context();
  const { video, run } = await beginVideo(queue);
  await queue.records.finish(video, run, 'cancelled', '');
  await submitVideo(queue, { id: videoId(77), request: '{}', priority: 'low', name: 'made' });
  const dump = async () => {
    // BullMQ notes its version with every queue that is opened.
    const all = await queue.redis.keys(`${queue.prefix}:*`);
    const keys = all.filter((key) => !key.endsWith(':meta')).sort();
    return Promise.all(keys.map(async (key) => [key, (await queue.redis.dumpBuffer(key))?.toString('hex')]));
  };
  const before = await dump();
  const status = await readStatus(queue);
  expect(status.videos.map(({ state }) => state)).toEqual(['queued', 'cancelled']);
  expect(await readStatus(queue, videoId(77))).toMatchObject({ videos: [{ id: videoId(77), priority: 'low' }] });
  expect(await dump()).toEqual(before);
});

test('watching ends when all videos have ended', async () => {
  const queue = await context();
  const { video, run } = await beginVideo(queue);
  const states: unknown[] = [];
  for await (const { videos } of watchStatus(queue, undefined, () => undefined, never)) {
    states.push(videos[0]?.state);
    await queue.records.finish(video, run, 'cancelled', '');
  }
  expect(states).toEqual(['running', 'cancelled']);
});
