import { expect, test } from 'vitest';
import type { GroupWork } from '../../src/captioning/run-groups.ts';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { type JobContext, JobLoop } from '../../src/queue/job-loop.ts';
import { type RunPayload, TRACKS_QUEUE } from '../../src/queue/jobs.ts';
import type { QueueContext } from '../../src/queue/queue-context.ts';
import { contexts } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, recordedWorker, until, wide, worker } from './support/over-redis.ts';

const { context } = contexts();

function tracksLoop(
  queue: QueueContext,
  handle: (of: RunPayload, job: JobContext) => Promise<void>,
  onFailed: (of: RunPayload, error: Error) => Promise<void> = async () => undefined,
): JobLoop<'tracks'> {
  return new JobLoop(queue, {
    kind: 'tracks',
    queue: TRACKS_QUEUE,
    concurrency: 2,
    handle,
    onFailed,
    onRejected: () => undefined,
    onTrouble: () => undefined,
  });
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** Takes a job's lock away and puts it back in the queue, as another process does that finds it stalled. */
async function stall(queue: QueueContext, id: string): Promise<void> {
  const key = `${queue.prefix}:${TRACKS_QUEUE}`;
  await queue.redis
    .multi()
    .del(`${key}:${id}:lock`)
    .lrem(`${key}:active`, 0, id)
    .lpush(`${key}:wait`, id)
    .zadd(`${key}:marker`, 0, '0')
    .exec();
}

test('a job that its own process takes again can still be aborted, and keeps its lock', async () => {
  // The renewal of locks must not notice first.
  const queue = await context('redis', { lockMs: 60_000 });
  const of = await beginVideo(queue);
  await queue.queues.addTracks({ video: of.video, run: of.run }, 'normal');
  const signals: AbortSignal[] = [];
  const loop = tracksLoop(queue, (_, { signal }) => {
    signals.push(signal);
    return untilAborted(signal);
  });
  await until(() => signals.length === 1, 'taken');
  await stall(queue, `${of.video}-${of.run}`);
  await until(() => signals.length === 2, 'taken again');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(loop.running).toBe(1);
  await loop.stop(0);
  expect(signals[1]?.aborted).toBe(true);
  await until(async () => (await queue.queues.depths()).tracks?.waiting === 1, 'returned to the queue');
});

test('a stopping loop returns the job that arrives meanwhile', async () => {
  // No lock may have to expire.
  const queue = await context('redis', { lockMs: 60_000 });
  for (let video = 0; video < 3; video += 1) {
    const of = await beginVideo(queue);
    await queue.queues.addTracks({ video: of.video, run: of.run }, 'normal');
  }
  let finish = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const begun: AbortSignal[] = [];
  const loop = tracksLoop(queue, (_, { signal }) => {
    begun.push(signal);
    return begun.length === 1 ? gate : untilAborted(signal);
  });
  await until(() => begun.length === 2, 'two taken');
  // BullMQ fetches the third job with the call that says that the first is done. Stop after that call, before its reply.
  finish();
  await new Promise(process.nextTick);
  await loop.stop(0);
  await until(async () => (await queue.queues.depths()).tracks?.waiting === 2, 'returned to the queue');
  expect(begun.map(({ aborted }) => aborted)).toEqual([false, true]);
});

test('a lost lock aborts the job', async () => {
  const queue = await context('redis', { stalledCheckMs: 60_000 });
  const of = await beginVideo(queue);
  await queue.queues.addTracks({ video: of.video, run: of.run }, 'normal');
  const signals: AbortSignal[] = [];
  const loop = tracksLoop(queue, (_, { signal }) => {
    signals.push(signal);
    return untilAborted(signal);
  });
  await until(() => signals.length === 1, 'taken');
  await queue.redis.set(`${queue.prefix}:${TRACKS_QUEUE}:${of.video}-${of.run}:lock`, 'another');
  await until(() => signals[0]?.aborted === true, 'aborted');
  expect(signals[0]?.reason).toMatchObject({ code: 'video-gone' });
  await loop.stop(0);
});

test('an error is tried again as often as the job says; one that is not retryable is not', async () => {
  const queue = await context();
  const of = await beginVideo(queue);
  await queue.queues.addTracks({ video: of.video, run: of.run }, 'normal');
  const failures: number[] = [];
  const failed: string[] = [];
  const loop = tracksLoop(
    queue,
    async (_, job) => {
      failures.push(job.failures);
      throw new Error('no disk');
    },
    async (_, { message }) => void failed.push(message),
  );
  await until(() => failed.length === 1, 'failed for good');
  await loop.stop(0);
  expect([failures, failed]).toEqual([[0, 1, 2], ['no disk']]);
});

test('a stopping worker finishes the group in hand and takes no other; one that takes too long is returned', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  await enqueueGroups(queue, producer, groups(2), wide, never);
  const key = (group: number) => ({ ...producer, group });
  let finish = (): void => undefined;
  let begun = 0;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const first = worker(queue, async (group, signal) => {
    begun += 1;
    await gate;
    return captionA(group, signal);
  });
  await until(() => begun === 1, 'begun');
  const stopped = first.stop(100_000);
  finish();
  await stopped;
  expect([begun, await queue.results.has(key(0)), await queue.results.has(key(1))]).toEqual([1, true, false]);

  const endless: GroupWork = (_, signal) =>
    new Promise((_resolve, reject) => {
      begun += 1;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const second = worker(queue, endless);
  await until(() => begun === 2, 'begun again');
  await second.stop(50);
  // Returned at once, without a failure: no lock has to expire.
  expect((await queue.queues.depths()).groups).toEqual({ waiting: 1, active: 0, failed: 0 });
  const third = recordedWorker(queue, captionA);
  await until(() => third.events.length > 0, 'taken by another');
  await third.loop.stop(0);
  expect(third.events.map(({ group, outcome }) => `${group} ${outcome}`)).toEqual(['1 committed']);
});
