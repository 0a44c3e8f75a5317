import { expect, test } from 'vitest';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { contexts, MODEL } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, until, wide, worker } from './support/over-redis.ts';

const { context } = contexts();

test('a job is queued once', async () => {
  const { queues } = await context();
  const of = { video: `v${'1'.repeat(24)}`, run: 1 };
  await queues.addVideo(of, 'low');
  await queues.addVideo(of, 'low');
  expect((await queues.depths())['videos-low']).toEqual({ waiting: 1, active: 0, failed: 0 });
  expect(await queues.hasVideo(of, 'low')).toBe(true);
  expect(await queues.isDecoding(of, 'low')).toBe(false);
  await queues.remove(of, 'low');
  expect(await queues.hasVideo(of, 'low')).toBe(false);
});

test('each model has a queue; their groups are counted together', async () => {
  const queue = await context();
  const other = 'b'.repeat(64);
  for (const model of [MODEL, other]) {
    await enqueueGroups(queue, await beginVideo(queue, 'normal', model), groups(2), wide, never);
  }
  const names = (await queue.queues.all()).map(({ name }) => name);
  expect(names).toEqual([
    'videos-high',
    'videos-normal',
    'videos-low',
    'groups-aaaaaaaaaaaa',
    'groups-bbbbbbbbbbbb',
    'tracks',
  ]);
  expect((await queue.queues.depths()).groups).toMatchObject({ waiting: 4 });
});

test('a worker is seen by its model', async () => {
  const queue = await context();
  expect(await queue.queues.hasWorker(MODEL)).toBe(false);
  const loop = worker(queue, captionA);
  await until(() => queue.queues.hasWorker(MODEL), 'a worker');
  expect(await queue.queues.hasWorker('b'.repeat(64))).toBe(false);
  await loop.stop(0);
  await until(async () => !(await queue.queues.hasWorker(MODEL)), 'no worker');
});

test('pause and resume include the models that have had no video yet', async () => {
  const queue = await context();
  await queue.queues.pause('all');
  expect(await queue.queues.paused()).toBe('all');
  const producer = await beginVideo(queue);
  const ending = new AbortController();
  const producing = enqueueGroups(queue, producer, groups(1), wide, ending.signal).catch(() => -1);
  const redis = queue.redis;
  const admissions = async (): Promise<number> => {
    const stats = await redis.info('commandstats');
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  const before = await admissions();
  await until(async () => (await admissions()) > before + 5, 'asked for room several times');
  expect(await queue.inFlight.count()).toBe(0);
  await queue.queues.resume();
  expect(await producing).toBe(1);
  await queue.queues.pause('videos');
  expect(await queue.queues.paused()).toBe('videos');
});
