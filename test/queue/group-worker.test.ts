import { rename, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { GroupWork } from '../../src/captioning/run-groups.ts';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { startGroupWorker } from '../../src/queue/group-worker.ts';
import { RescheduleError } from '../../src/queue/job-loop.ts';
import { startRedis } from '../support/redis.ts';
import { makeFolder } from '../support/videos.ts';
import { contexts, MODEL, openContext } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, recordedWorker, until, wide, worker } from './support/over-redis.ts';

const { context, another } = contexts();

test('higher priorities run first', async () => {
  const queue = await context();
  const low = await beginVideo(queue, 'low');
  const high = await beginVideo(queue, 'high');
  await enqueueGroups(queue, low, groups(4), wide, never);
  await enqueueGroups(queue, high, groups(4), wide, never);
  const { loop, events } = recordedWorker(queue, captionA);
  await until(() => events.length === 8, 'all done');
  await loop.stop(0);
  const order = events.map(({ video }) => (video === low.video ? 'low' : 'high'));
  expect(order).toEqual([...Array(4).fill('high'), ...Array(4).fill('low')]);
});

test('a group that fails three times is committed as failed', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(3), wide, never);
  const work: GroupWork = async (group, signal) => {
    if (group.index === 1) throw new Error('this one is poison');
    return captionA(group, signal);
  };
  const { loop, events } = recordedWorker(queue, work);
  await until(() => events.some(({ outcome }) => outcome === 'failed-group'), 'failed for good');
  await until(async () => (await queue.results.missing(producer.video, 3)).length === 0, 'three results');
  await loop.stop(0);
  const outcomes = events.filter(({ group }) => group === 1).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['failed', 'failed', 'failed-group']);
  const results = await queue.results.read(producer.video, 0, 3);
  expect(results.map((result) => result?.captions.map(({ error }) => error?.message))).toEqual([
    [undefined, undefined],
    ['this one is poison', 'this one is poison'],
    [undefined, undefined],
  ]);
  expect(await queue.records.read(producer.video)).toMatchObject({ done: 6, failed: 2 });
});

test('the model may be missing for longer than three attempts: the group has not failed', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(1), wide, never);
  let attempts = 0;
  const work: GroupWork = async (group, signal) => {
    attempts += 1;
    if (attempts <= 5) throw new RescheduleError(10, 'the model cannot run');
    return captionA(group, signal);
  };
  const { loop, events } = recordedWorker(queue, work);
  await until(() => events.length > 0, 'an outcome');
  await loop.stop(0);
  expect(events.map(({ outcome }) => outcome)).toEqual(['committed']);
});

test('a frame store that is away postpones groups, for longer than three attempts', async () => {
  const folder = await makeFolder();
  try {
    const store = `${folder.path}/frames`;
    const queue = await context(`folder:${store}`);
    const producer = await beginVideo(queue);
    await enqueueGroups(queue, producer, groups(1), wide, never);
    await rename(store, `${store}.away`);
    const { loop, events } = recordedWorker(queue, captionA);
    await until(() => events.length > 5, 'postponed');
    expect(new Set(events.map(({ outcome }) => outcome))).toEqual(new Set(['postponed']));
    expect(events[0]?.reason).toMatch(/^the frame store .* cannot be used: ENOENT/);
    await rename(`${store}.away`, store);
    await until(() => events.at(-1)?.outcome === 'committed', 'committed');
    await loop.stop(0);
    expect((await queue.results.read(producer.video, 0, 1))[0]?.captions[0]?.text).toBe('a');
  } finally {
    await folder.remove();
  }
});

test('a frame store that cannot be read is away, not empty', async () => {
  const folder = await makeFolder();
  try {
    const store = `${folder.path}/frames`;
    const queue = await context(`folder:${store}`);
    const producer = await beginVideo(queue);
    await enqueueGroups(queue, producer, groups(1), wide, never);
    await rename(store, `${store}.away`);
    await writeFile(store, 'not a folder');
    const { loop, events } = recordedWorker(queue, captionA);
    await until(() => events.length > 3, 'postponed');
    await loop.stop(0);
    expect(new Set(events.map(({ outcome }) => outcome))).toEqual(new Set(['postponed']));
    expect(await queue.inFlight.count()).toBe(1);
  } finally {
    await folder.remove();
  }
});

test('a full Redis takes captions all the same, because they free their frames', async () => {
  const redis = await startRedis();
  try {
    const queue = await openContext({ url: redis.url, prefix: 'full' });
    const producer = await beginVideo(queue);
    await enqueueGroups(queue, producer, groups(1), wide, never);
    const work: GroupWork = async (group, signal) => {
      await queue.redis.config('SET', 'maxmemory', '1');
      return captionA(group, signal);
    };
    const { loop, events } = recordedWorker(queue, work);
    await until(() => events.length > 0, 'an outcome');
    await queue.redis.config('SET', 'maxmemory', '0');
    await until(async () => !(await queue.queues.hasGroup(MODEL, { ...producer, group: 0 })), 'its job is gone');
    await loop.stop(0);
    expect(events[0]?.outcome).toBe('committed');
    expect((await queue.results.read(producer.video, 0, 1))[0]?.captions[0]?.error).toBeUndefined();
    await queue.close();
  } finally {
    await redis.remove();
  }
});

test('the death of its workers is no failure of a group', async () => {
  // No worker has to keep its lock here.
  const soon = { lockMs: 400, stalledCheckMs: 100 };
  const queue = await context('redis', soon);
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(1), wide, never);
  for (let death = 0; death < 4; death += 1) {
    const there = await another(queue, 'redis', soon);
    let begun = false;
    worker(there, () => {
      begun = true;
      return new Promise(() => undefined);
    });
    await until(() => begun, 'begun');
    // Cut off in the middle, as when the process is killed: the job is not returned.
    there.redis.disconnect();
  }
  const { loop, events } = recordedWorker(queue, captionA);
  await until(() => events.length > 0, 'taken');
  await loop.stop(0);
  expect(events.map(({ outcome }) => outcome)).toEqual(['committed']);
});

test('a group whose workers die again and again fails with the passes of its own job', async () => {
  const queue = await context();
  const producer = { ...(await beginVideo(queue)), passes: 1 as const };
  await enqueueGroups(queue, producer, groups(1), wide, never);
  // What BullMQ writes when a job has stalled more often than it may.
  const job = `${queue.prefix}:groups-${MODEL.slice(0, 12)}:${producer.video}-${producer.run}-0`;
  await queue.redis.hset(job, 'defa', 'job stalled more than allowable limit');
  const { loop, events } = recordedWorker(queue, captionA);
  await until(() => events.length > 0, 'failed for good');
  await loop.stop(0);
  expect(events).toMatchObject([{ outcome: 'failed-group', passes: 1, reason: expect.stringMatching(/stalled/) }]);
  const [result] = await queue.results.read(producer.video, 0, 1);
  expect(result?.captions.map(({ passes, error }) => [passes, error?.code])).toEqual([
    [1, 'group-failed'],
    [1, 'group-failed'],
  ]);
  expect(await queue.inFlight.count()).toBe(0);
});

test('groups go to workers that have their model', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const other = recordedWorker(queue, captionA, { model: 'b'.repeat(64) });
  const right = recordedWorker(queue, captionA);
  await enqueueGroups(queue, producer, groups(5), wide, never);
  await until(() => right.events.length === 5, 'all done');
  await Promise.all([other.loop.stop(0), right.loop.stop(0)]);
  expect(other.events).toEqual([]);
});

test('the number of passes comes from the job', async () => {
  const queue = await context();
  const seen: number[] = [];
  const loop = startGroupWorker(queue, {
    model: MODEL,
    concurrency: 1,
    runtime: 'made',
    caption: (group, passes, signal) => {
      seen.push(passes);
      return captionA(group, signal);
    },
    onGroup: () => undefined,
    onRejected: () => undefined,
    onTrouble: () => undefined,
  });
  for (const passes of [1, 2] as const) {
    await enqueueGroups(queue, { ...(await beginVideo(queue)), passes }, groups(1), wide, never);
    await until(() => seen.length === passes, 'captioned');
  }
  await loop.stop(0);
  expect(seen).toEqual([1, 2]);
});

test('pause stops after the groups in hand, resume continues', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  let begun = 0;
  const releases: (() => void)[] = [];
  const work: GroupWork = async (group, signal) => {
    begun += 1;
    await new Promise<void>((resolve) => releases.push(resolve));
    return captionA(group, signal);
  };
  const { loop, events } = recordedWorker(queue, work);
  await enqueueGroups(queue, producer, groups(3), wide, never);
  await until(() => begun === 1, 'one in hand');
  await queue.queues.pause('all');
  expect(await queue.queues.paused()).toBe('all');
  releases.shift()?.();
  await until(async () => (await queue.queues.depths()).groups?.active === 0, 'the one in hand is done');
  // A job that a worker of the same queue could take would have been taken with the last one's end.
  expect([begun, events.length]).toEqual([1, 1]);
  expect((await queue.queues.depths()).groups).toEqual({ waiting: 2, active: 0, failed: 0 });
  await queue.queues.resume();
  for (let done = 2; done <= 3; done += 1) {
    await until(() => releases.length > 0, 'the next in hand');
    releases.shift()?.();
    await until(() => events.length === done, 'done');
  }
  await loop.stop(0);
  expect(await queue.queues.paused()).toBe('nothing');
});

test('a payload that this version did not write is rejected with a reason', async () => {
  const queue = await context();
  await queue.redis.sadd(queue.keys.models, MODEL);
  await queue.queues.addGroup({ video: '../../etc', run: 1, group: 0, model: MODEL, passes: 2 }, 'high');
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(1), wide, never);
  const rejected: string[] = [];
  const { loop, events } = recordedWorker(queue, captionA, { onRejected: ({ message }) => rejected.push(message) });
  await until(() => events.length === 1 && rejected.length === 1, 'both taken');
  await loop.stop(0);
  expect(rejected[0]).toMatch(/not written by this version of secondglance \(at video\)/);
  expect(events[0]).toMatchObject({ outcome: 'committed', video: producer.video });
  expect((await queue.queues.depths()).groups).toEqual({ waiting: 0, active: 0, failed: 0 });
});
