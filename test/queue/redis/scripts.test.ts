import { expect, test } from 'vitest';
import type { QueueContext } from '../../../src/queue/queue-context.ts';
import { inFlightMember } from '../../../src/queue/redis/keys.ts';
import { contexts, MODEL, videoId } from '../support/contexts.ts';

// ioredis sends a command again whose answer was lost with the connection. So each script runs twice here, as it would then.
const { context } = contexts();
const VIDEO = videoId(1);
const DAY = 86_400_000;

/** Everything in Redis under the context's prefix. */
async function dump({ redis, prefix }: QueueContext): Promise<Record<string, string>> {
  const keys = (await redis.keys(`${prefix}:*`)).sort();
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, (await redis.dump(key)) ?? ''])));
}

/** The answers of a script that is run twice; the second run may not change what the first one left. */
async function twice<T>(queue: QueueContext, run: () => Promise<T>): Promise<[T, T]> {
  const first = await run();
  const left = await dump(queue);
  const second = await run();
  expect(await dump(queue)).toEqual(left);
  return [first, second];
}

function submit({ redis, keys }: QueueContext): Promise<[number, string]> {
  const all = [keys.record(VIDEO), keys.open, keys.finished, keys.results(VIDEO), keys.failedGroups(VIDEO)];
  return redis.sgSubmit(...all, VIDEO, '{}', 'low', 'film.mp4', 1000);
}

function admit({ redis, keys }: QueueContext, group: number, run = 1): Promise<string> {
  const all = [keys.record(VIDEO), keys.results(VIDEO), keys.inFlight, keys.paused];
  return redis.sgAdmit(...all, VIDEO, run, group, MODEL.slice(0, 12), 2, 3, 8 * (group + 1), 1000 * group);
}

function commit({ redis, keys }: QueueContext, group: number, { run = 1, failed = 0 } = {}): Promise<string> {
  const stores = [keys.record(VIDEO), keys.results(VIDEO), keys.inFlight, keys.frames(VIDEO), keys.failedGroups(VIDEO)];
  const member = inFlightMember(MODEL, { video: VIDEO, group });
  return redis.sgCommit(...stores, member, run, group, `captions of run ${run}`, 8, failed);
}

function finish({ redis, keys }: QueueContext, run: number | string, keep = 1): Promise<number> {
  const { record, results, inFlight, frames, failedGroups, open, finished } = keys;
  const all = [record(VIDEO), results(VIDEO), inFlight, frames(VIDEO), failedGroups(VIDEO), open, finished];
  return redis.sgFinish(...all, VIDEO, run, 'partial', '{}', 2000, DAY, 2 * DAY, keep);
}

test('sgSubmit makes one run of two submissions; a finished video gets another, which knows the captions of the first', async () => {
  const queue = await context();
  expect(await twice(queue, () => submit(queue))).toEqual([
    [1, 'created'],
    [1, 'active'],
  ]);
  expect(await commit(queue, 0)).toBe('committed');
  expect(await commit(queue, 1, { failed: 1 })).toBe('committed');
  expect(await finish(queue, 1)).toBe(1);
  expect(await twice(queue, () => submit(queue))).toEqual([
    [2, 'restarted'],
    [2, 'active'],
  ]);
  // The failed group is captioned again.
  expect(await queue.redis.hkeys(queue.keys.results(VIDEO))).toEqual(['0']);
  expect(await queue.redis.ttl(queue.keys.results(VIDEO))).toBe(-1);
  expect(await queue.redis.hmget(queue.keys.record(VIDEO), 'state', 'run', 'done')).toEqual(['queued', '2', '8']);
  expect(await queue.redis.zcard(queue.keys.finished)).toBe(0);
});

test('sgUpdate writes into the active run only', async () => {
  const queue = await context();
  await submit(queue);
  const { redis, keys } = queue;
  const update = (run: number, value: string) => redis.sgUpdate(keys.record(VIDEO), VIDEO, run, 'media', value);
  expect(await twice(queue, () => update(1, 'now'))).toEqual([1, 1]);
  expect(await update(2, 'late')).toBe(0);
  expect(await redis.hget(keys.record(VIDEO), 'media')).toBe('now');
  expect(await redis.sgUpdate(keys.record(videoId(9)), videoId(9), 1, 'media', 'x')).toBe(0);
  expect(await redis.exists(keys.record(videoId(9)))).toBe(0);
});

test('sgAdmit counts what is in flight and takes a place in one step', async () => {
  const queue = await context();
  await submit(queue);
  expect(await twice(queue, () => admit(queue, 0))).toEqual(['admitted', 'in-flight']);
  const answers = await Promise.all([1, 2, 3].map((group) => admit(queue, group)));
  expect(answers).toEqual(['admitted', 'full', 'full']);
  await commit(queue, 0);
  expect(await twice(queue, () => admit(queue, 0))).toEqual(['done', 'done']);
  await queue.redis.set(queue.keys.paused, 'all');
  expect(await admit(queue, 2)).toBe('paused');
  await queue.redis.set(queue.keys.paused, 'videos');
  expect(await admit(queue, 2)).toBe('admitted');
  expect(await admit(queue, 3, 2)).toBe('cancelled');
  expect(await queue.redis.hmget(queue.keys.record(VIDEO), 'found', 'covered')).toEqual(['24', '2000']);
});

test('sgCommit counts a group once, keeps its first captions, and frees its place and its frames', async () => {
  const queue = await context();
  const { redis, keys } = queue;
  await submit(queue);
  await admit(queue, 0);
  await redis.hset(keys.frames(VIDEO), '0', 'pixels');
  await redis.hset(keys.record(VIDEO), 'blockedReason', 'no worker', 'decodedAgain', 3);
  expect(await twice(queue, () => commit(queue, 0, { failed: 1 }))).toEqual(['committed', 'duplicate']);
  expect(await redis.hmget(keys.record(VIDEO), 'done', 'failed', 'blockedReason', 'decodedAgain')).toEqual([
    '8',
    '8',
    null,
    null,
  ]);
  expect([await redis.zcard(keys.inFlight), await redis.exists(keys.frames(VIDEO))]).toEqual([0, 0]);

  // A worker of an earlier run is late: the place belongs to the run that is active.
  await admit(queue, 1);
  expect(await twice(queue, () => commit(queue, 1, { run: 7 }))).toEqual(['cancelled', 'cancelled']);
  expect(await redis.zcard(keys.inFlight)).toBe(1);
});

test('sgFinish frees all that a video holds, and ends a run once', async () => {
  const queue = await context();
  const { redis, keys } = queue;
  await submit(queue);
  await redis.sgUpdate(keys.record(VIDEO), VIDEO, 1, 'model', MODEL);
  await commit(queue, 0);
  await admit(queue, 1);
  await redis.hset(keys.frames(VIDEO), '1', 'pixels');
  await redis.zadd(keys.inFlight, 0, inFlightMember(MODEL, { video: videoId(10), group: 1 }));
  await redis.zadd(keys.finished, 2000 - 3 * DAY, videoId(5));
  expect(await finish(queue, 2)).toBe(0);
  expect(await twice(queue, () => finish(queue, 1))).toEqual([1, 0]);
  expect(await redis.zrange(keys.inFlight, 0, -1)).toEqual([inFlightMember(MODEL, { video: videoId(10), group: 1 })]);
  expect(await redis.exists(keys.frames(VIDEO))).toBe(0);
  expect(await redis.zrange(keys.finished, 0, -1)).toEqual([VIDEO]);
  expect(await redis.pttl(keys.record(VIDEO))).toBeGreaterThan(DAY / 2);
  expect(await redis.pttl(keys.results(VIDEO))).toBeGreaterThan(DAY / 2);

  await submit(queue);
  expect(await finish(queue, '*', 0)).toBe(1);
  expect(await redis.exists(keys.results(VIDEO))).toBe(0);
});

test('sgRecords and sgResults read no more than a record or a result can have', async () => {
  const queue = await context();
  const { redis, keys } = queue;
  const [long, list, none, huge] = [videoId(2), videoId(3), videoId(4), videoId(5)];
  await submit(queue);
  await redis.hset(keys.record(long), 'state', 'x'.repeat(100));
  await redis.hset(keys.record(huge), 'state', 'queued', 'other', 'x'.repeat(70_000));
  await redis.lpush(keys.record(list), 'state');
  const records = [VIDEO, long, list, none, huge].map((id) => keys.record(id));
  expect(await redis.sgRecords(5, ...records, 50, 'state', 'media')).toEqual([
    ['queued', null],
    ['bytes'],
    ['type'],
    [],
    ['bytes'],
  ]);
  await redis.hset(keys.results(VIDEO), '0', 'short', '1', 'x'.repeat(100));
  expect(await redis.sgResults(keys.results(VIDEO), 50, 0, 1, 2)).toEqual(['short', '']);
  expect(await redis.sgResults(keys.results(VIDEO), 50, 7, 0, 1)).toEqual([]);
});

/** How many commands Redis ran, inside scripts too. */
async function commandsOf({ redis }: QueueContext, act: () => Promise<unknown>): Promise<number> {
  const counted = async (): Promise<number> =>
    [...(await redis.info('commandstats')).matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  const before = await counted();
  await act();
  return (await counted()) - before;
}

test('a record costs three commands to read, whatever fields it has; a result that is not there yet costs one', async () => {
  const queue = await context();
  const ids = Array.from({ length: 40 }, (_, at) => videoId(at + 1));
  for (const id of ids) await queue.records.submit([{ id, request: '{}', priority: 'low', name: 'film.mp4' }]);
  // One question more for the call itself; the loops of other tests ask a few as well.
  expect(await commandsOf(queue, () => queue.records.outlines(ids))).toBeLessThanOrEqual(6 * ids.length);
  expect(await commandsOf(queue, () => queue.records.list())).toBeLessThanOrEqual(6 * ids.length);
  const polls = async (): Promise<void> => {
    for (let poll = 0; poll < 40; poll++) await queue.results.read(VIDEO, 0, 32);
  };
  expect(await commandsOf(queue, polls)).toBeLessThanOrEqual(6 * 40);
});
