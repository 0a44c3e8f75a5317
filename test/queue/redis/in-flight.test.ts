import { expect, test } from 'vitest';
import { inFlightMember } from '../../../src/queue/redis/keys.ts';
import { contexts, MODEL, videoId } from '../support/contexts.ts';

const { context } = contexts();
const OTHER_MODEL = 'b'.repeat(64);
const prefix = (model: string): string => model.slice(0, 12);

test('groups are listed for all, and for one video of one model', async () => {
  const { redis, keys, inFlight } = await context();
  // Video 1 is not a part of video 10's name, nor is group 1 of group 10's.
  const groups = [
    [MODEL, videoId(1), 1],
    [MODEL, videoId(1), 10],
    [MODEL, videoId(10), 1],
    [OTHER_MODEL, videoId(1), 2],
  ] as const;
  for (const [model, video, group] of groups) {
    await redis.zadd(keys.inFlight, 0, inFlightMember(model, { video, group }));
  }
  expect(await inFlight.count()).toBe(4);
  const all = groups.map(([model, video, group]) => ({ model: prefix(model), video, group }));
  expect(await inFlight.list()).toEqual(expect.arrayContaining(all));
  expect((await inFlight.list({ model: MODEL, video: videoId(1) })).map(({ group }) => group).sort()).toEqual([1, 10]);
  expect((await inFlight.list({ model: OTHER_MODEL, video: videoId(1) })).map(({ group }) => group)).toEqual([2]);
});

test('a released group frees its place and no other, as often as it is released', async () => {
  const { redis, keys, inFlight } = await context();
  const video = videoId(1);
  for (const group of [1, 2]) await redis.zadd(keys.inFlight, 0, inFlightMember(MODEL, { video, group }));
  await inFlight.release({ model: MODEL, video, group: 1 });
  await inFlight.release({ model: prefix(MODEL), video, group: 1 });
  expect((await inFlight.list()).map(({ group }) => group)).toEqual([2]);
});

test('what secondglance never wrote is not listed, and is removed', async () => {
  const { redis, keys, inFlight } = await context();
  const ours = inFlightMember(MODEL, { video: videoId(1), group: 3 });
  for (const member of [ours, 'job 7', `${ours}/x`, ours.slice(1), '']) await redis.zadd(keys.inFlight, 0, member);
  expect((await inFlight.list()).map(({ group }) => group)).toEqual([3]);
  expect(await inFlight.dropUnreadable()).toBe(4);
  expect(await redis.zrange(keys.inFlight, 0, -1)).toEqual([ours]);
  expect(await inFlight.dropUnreadable()).toBe(0);
});
