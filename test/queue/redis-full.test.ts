import { afterAll, beforeAll, expect, test } from 'vitest';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { isInfrastructureError } from '../../src/queue/redis/connection.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { openContext } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, recordedWorker, until, wide } from './support/over-redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.remove());

test('a Redis that is full is waited for: no group fails, no frames are lost, nothing is done twice', async () => {
  const queue = await openContext({ url: redis.url, prefix: 'full' });
  const producer = await beginVideo(queue);
  const limit = (bytes: number) => queue.redis.config('SET', 'maxmemory', bytes);
  await enqueueGroups(queue, producer, groups(3), wide, never);
  let full = false;
  let captioned = 0;
  const { loop, events } = recordedWorker(queue, async (group, signal) => {
    // It becomes full between reading the frames and the commit.
    if (!full) await limit(1);
    full = true;
    captioned += 1;
    return captionA(group, signal);
  });
  try {
    await until(() => events.length > 0, 'an outcome');
    const more = enqueueGroups(queue, producer, groups(4), wide, never);
    expect(isInfrastructureError(await more.catch((error: unknown) => error))).toBe(true);
    const { video, run } = producer;
    expect(isInfrastructureError(await queue.records.finish(video, run, 'done', '{}').catch((e: unknown) => e))).toBe(
      true,
    );
    await limit(0);
    await until(async () => (await queue.results.missing(video, 3)).length === 0, 'all captioned');
    expect(events.every(({ outcome }) => outcome === 'postponed' || outcome === 'committed')).toBe(true);
    expect(captioned).toBeLessThanOrEqual(5);
    expect(await queue.records.read(video)).toMatchObject({ state: 'running', done: 6, failed: 0 });
  } finally {
    await limit(0);
    await loop.stop(0);
    await queue.close();
  }
});
