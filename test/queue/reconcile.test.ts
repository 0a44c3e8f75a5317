import { expect, test } from 'vitest';
import { enqueueGroups, lostGroups } from '../../src/queue/enqueue-groups.ts';
import { DECODES_AT_ONCE, reconcileQueues } from '../../src/queue/reconcile.ts';
import { contexts, videoId } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, recordedWorker, until, wide, worker } from './support/over-redis.ts';

const { context } = contexts();

test('missing jobs are added again: of decoding and of tracks', async () => {
  const queue = await context();
  const { video, run } = await beginVideo(queue);
  await queue.records.update({ video, run }, { media: '{}' });
  expect(await reconcileQueues(queue, never)).toEqual([
    { video, what: 'its tracks had no job' },
    { video, what: 'its decoding had no job' },
  ]);
  expect(await queue.queues.hasVideo({ video, run }, 'normal')).toBe(true);
  expect(await queue.queues.hasTracks({ video, run })).toBe(true);
  await until(async () => await queue.records.takeTurn(1), 'the next turn');
});

test('groups that Redis or the frame store lost are decoded again', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const { video, run, model } = producer;
  await enqueueGroups(queue, producer, groups(3), wide, never);
  await queue.frames.free(video, 0);
  await queue.queues.remove({ video, run }, 'normal', [{ video, run, group: 1 }], model);
  const { loop, events } = recordedWorker(queue, captionA);
  await until(() => events.length === 2, 'two jobs taken');
  expect(events.map(({ group, outcome }) => `${group} ${outcome}`).sort()).toEqual(['0 frames-missing', '2 committed']);
  await until(async () => (await lostGroups(queue, producer, 3)).length === 2, 'two lost');
  await queue.records.update(producer, { report: '{}', groups: 3 });
  expect(await reconcileQueues(queue, never)).toEqual([
    { video, what: 'group 1 was in flight without a job' },
    { video, what: '2 groups were lost: they are decoded again' },
  ]);
  expect(await queue.queues.hasVideo(producer, 'normal')).toBe(true);
  await enqueueGroups(queue, producer, groups(3), wide, never);
  await until(async () => (await queue.results.missing(video, 3)).length === 0, 'all done after all');
  await loop.stop(0);
});

test('a place in flight is freed while the video is being decoded: the decoder waits for it', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const { video, run, model } = producer;
  // The decoding has a job: it is active elsewhere.
  await queue.queues.addVideo({ video, run }, 'normal');
  const producing = enqueueGroups(queue, producer, groups(2), { perVideo: 1, perModel: 8 }, never);
  await until(async () => (await queue.inFlight.count()) === 1, 'one in flight');
  await until(() => queue.queues.hasGroup(model, { video, run, group: 0 }), 'its job');
  await queue.queues.remove({ video, run: run + 1 }, 'normal', [{ video, run, group: 0 }], model);
  const loop = worker(queue, captionA);
  expect(await reconcileQueues(queue, never)).toEqual([{ video, what: 'group 0 was in flight without a job' }]);
  expect(await producing).toBe(2);
  await loop.stop(0);
});

test('a video whose groups are lost again and again is parked, until captions come', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const { video, run } = producer;
  await queue.records.update(producer, { report: '{}', groups: 1 });
  for (let time = 1; time <= DECODES_AT_ONCE + 1; time += 1) {
    await until(async () => (await reconcileQueues(queue, never)).length > 0, 'found');
    expect((await queue.queues.depths())['videos-normal']).toMatchObject({ waiting: 1 });
    const { blockedReason } = (await queue.records.read(video)) ?? {};
    if (time <= DECODES_AT_ONCE) {
      expect(blockedReason).not.toMatch(/lost/);
      await queue.queues.remove({ video, run }, 'normal');
    } else expect(blockedReason).toMatch(/lost again and again: check that every worker can read the frame store/);
  }
  const job = `${queue.prefix}:videos-normal:${video}-${run}`;
  expect(Number(await queue.redis.hget(job, 'delay'))).toBe(queue.timings.parkMs);
  await enqueueGroups(queue, producer, groups(1), wide, never);
  const { loop, events } = recordedWorker(queue, captionA);
  await until(() => events.length === 1, 'captioned');
  await loop.stop(0);
  expect((await queue.records.read(video))?.blockedReason).toBeUndefined();
});

test('a running video says that no worker has its model, until one has', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await reconcileQueues(queue, never);
  expect((await queue.records.read(producer.video))?.blockedReason).toMatch(/no running worker has its model/);
  const loop = worker(queue, captionA);
  await until(async () => {
    await reconcileQueues(queue, never);
    return (await queue.records.read(producer.video))?.blockedReason === undefined;
  }, 'cleared');
  await loop.stop(0);
});

test('an unreadable record does not affect other videos', async () => {
  const queue = await context();
  const good = await beginVideo(queue);
  for (const [at, fields] of [{ state: 'running' }, { state: 'dancing', run: '1', request: '{}' }].entries()) {
    const id = videoId(9100 + at);
    await queue.redis.hset(queue.keys.record(id), fields);
    await queue.redis.zadd(queue.keys.open, at, id);
  }
  const repairs = new Map((await reconcileQueues(queue, never)).map(({ video, what }) => [video, what]));
  expect(repairs.get(good.video)).toBe('its decoding had no job');
  expect(repairs.get(videoId(9100))).toMatch(/not written by this version/);
  expect(repairs.get(videoId(9101))).toMatch(/not written by this version/);
  expect((await queue.records.list()).map(({ id }) => id)).toEqual([good.video]);
  expect(await queue.records.openIds()).toEqual([good.video]);
});

test('of many queued videos each gets its turn; running ones are checked every time', async () => {
  const queue = await context();
  const queued = Array.from({ length: 300 }, (_, at) => videoId(20_000 + at));
  await queue.records.submit(queued.map((id) => ({ id, request: '{}', priority: 'normal', name: 'made' })));
  const running = await beginVideo(queue);
  const seen = new Set((await reconcileQueues(queue, never)).map(({ video }) => video));
  expect([seen.size, seen.has(running.video)]).toEqual([251, true]);
  await until(async () => {
    for (const { video } of await reconcileQueues(queue, never)) seen.add(video);
    return seen.size === 301;
  }, 'all checked');
  expect((await queue.queues.depths())['videos-normal']?.waiting).toBe(301);
});

test('one service in a period reconciles', async () => {
  const queue = await context('redis', { reconcileMs: 60_000 });
  await beginVideo(queue);
  expect(await reconcileQueues(queue, never)).toHaveLength(1);
  await beginVideo(queue);
  expect(await reconcileQueues(queue, never)).toEqual([]);
});
