import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { GroupWork } from '../../src/captioning/run-groups.ts';
import { enqueueGroups, lostGroups } from '../../src/queue/enqueue-groups.ts';
import { cancelVideo } from '../../src/queue/video-control.ts';
import { makeFolder } from '../support/videos.ts';
import { contexts, leftovers } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, recordedWorker, until, wide, worker } from './support/over-redis.ts';

const { context } = contexts();

test('limits hold for a video and for all of them, and high priorities find room', async () => {
  const queue = await context();
  const limits = { perVideo: 3, perModel: 8 };
  const ending = new AbortController();
  const producing = [];
  for (const priority of ['low', 'low', 'low', 'normal'] as const) {
    const producer = await beginVideo(queue, priority);
    producing.push(enqueueGroups(queue, producer, groups(20), limits, ending.signal).catch(() => 0));
  }
  // Half of 8 for the low ones; the normal one finds 2 of its share of 6.
  await until(async () => (await queue.inFlight.count()) >= 6, 'six in flight');
  const high = await beginVideo(queue, 'high');
  producing.push(enqueueGroups(queue, high, groups(20), limits, ending.signal).catch(() => 0));
  await until(async () => (await queue.inFlight.count()) === 8, 'eight in flight');
  expect(await queue.inFlight.list(high)).toHaveLength(2);
  ending.abort();
  await Promise.all(producing);
  expect(await queue.inFlight.count()).toBe(8);
});

test('the groups of one model take no room from another', async () => {
  const queue = await context();
  const limits = { perVideo: 4, perModel: 4 };
  const served = await beginVideo(queue, 'high');
  const unserved = await beginVideo(queue, 'high', 'b'.repeat(64));
  await enqueueGroups(queue, unserved, groups(4), limits, never);
  await enqueueGroups(queue, served, groups(4), limits, never);
  expect((await queue.inFlight.list()).map(({ model }) => model[0]).sort()).toEqual([...'aaaabbbb']);
});

test.each([1, 2])('groups whose frames are lost free their places: a limit of %i does not hang', async (perVideo) => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const producing = enqueueGroups(queue, producer, groups(5), { perVideo, perModel: 8 }, never);
  // A group is in flight before its frames are stored, and has a job only afterwards.
  await until(() => queue.queues.hasGroup(producer.model, { ...producer, group: perVideo - 1 }), 'as many as may be');
  await queue.frames.freeAll(producer.video);
  const { loop, events } = recordedWorker(queue, captionA);
  expect(await producing).toBe(5);
  await until(() => events.length === 5, 'all taken');
  await loop.stop(0);
  expect(events.map(({ outcome }) => outcome)).toEqual([
    ...Array<string>(perVideo).fill('frames-missing'),
    ...Array<string>(5 - perVideo).fill('committed'),
  ]);
  expect(await lostGroups(queue, producer, 5)).toEqual(Array.from({ length: perVideo }, (_, at) => at));
});

test('a shared folder that was removed is made again while a producer waits for room', async () => {
  const folder = await makeFolder();
  try {
    const store = `${folder.path}/frames`;
    const queue = await context(`folder:${store}`);
    const producer = await beginVideo(queue);
    const producing = enqueueGroups(queue, producer, groups(3), { perVideo: 1, perModel: 8 }, never);
    await until(() => queue.queues.hasGroup(producer.model, { ...producer, group: 0 }), 'the job of the first');
    await rm(store, { recursive: true });
    const loop = worker(queue, captionA);
    expect(await producing).toBe(3);
    await until(async () => (await queue.results.missing(producer.video, 3)).length === 1, 'the others done');
    await loop.stop(0);
    expect(await lostGroups(queue, producer, 3)).toEqual([0]);
  } finally {
    await folder.remove();
  }
});

test('a producer without a worker for its model ends after a while; with one it waits', async () => {
  const queue = await context('redis', { noWorkerMs: 100 });
  const producer = await beginVideo(queue);
  const limits = { perVideo: 1, perModel: 8 };
  await expect(enqueueGroups(queue, producer, groups(3), limits, never)).rejects.toMatchObject({
    code: 'no-worker',
    retryable: true,
    message: expect.stringMatching(/no running worker has its model \(SHA-256 aaaaaaaaaaaa\.\.\.\)/),
  });
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const slow: GroupWork = async (group, signal) => {
    await gate;
    return captionA(group, signal);
  };
  const loop = worker(queue, slow);
  await until(() => queue.queues.hasWorker(producer.model), 'a worker');
  const producing = enqueueGroups(queue, producer, groups(3), limits, never);
  // Producers that began later, and for whose model there is no worker, have ended meanwhile.
  const other = await beginVideo(queue, 'normal', 'b'.repeat(64));
  for (const _ of [1, 2]) {
    await expect(enqueueGroups(queue, other, groups(3), limits, never)).rejects.toMatchObject({ code: 'no-worker' });
  }
  open();
  expect(await producing).toBe(3);
  await loop.stop(0);
});

test('a producer that died before it added the job does not block its successor', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(1), wide, never);
  await queue.queues.remove(producer, 'normal', [{ ...producer, group: 0 }], producer.model);
  expect(await queue.inFlight.count()).toBe(1);
  expect(await enqueueGroups(queue, producer, groups(1), wide, never)).toBe(1);
  expect(await queue.queues.hasGroup(producer.model, { ...producer, group: 0 })).toBe(true);
});

test('a cancelled run takes no more groups', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(5), wide, never);
  await cancelVideo(queue, producer.video);
  await expect(enqueueGroups(queue, producer, groups(6), wide, never)).rejects.toMatchObject({ code: 'video-gone' });
  expect(await leftovers(queue)).toEqual([]);
});
