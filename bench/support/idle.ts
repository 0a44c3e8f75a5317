import { setMaxListeners } from 'node:events';
import { collectGroups } from '../../src/queue/collect.ts';
import type { QueueContext } from '../../src/queue/queue-context.ts';
import { reconcileQueues } from '../../src/queue/reconcile.ts';
import type { TestRedis } from '../../test/support/redis.ts';
import {
  beginVideo,
  endServices,
  groups,
  instantly,
  NO_MODEL,
  never,
  nextId,
  openQueue,
  perUnit,
  produceAll,
  startService,
  startWorker,
  type Toll,
  tollFor,
} from './queue-context.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What an idle service costs Redis in a second: one of each kind, alone; and first what Redis does by itself. */
export async function idleServices(redis: TestRedis, model: string): Promise<Record<string, Toll>> {
  const costs: Record<string, Toll> = {};
  for (const args of [[], ['ingest'], ['worker', '--model', model, '--concurrency', '1'], ['assemble']]) {
    const name = args[0] === undefined ? 'Redis alone' : `an idle ${args[0]}`;
    const queue = await openQueue(redis, `idle-${args[0]}`);
    const children = args.length === 0 ? [] : [await startService(redis, `idle-${args[0]}`, args)];
    await pause(2000);
    costs[name] = perUnit(await tollFor(queue, () => pause(10_000)), 10);
    await endServices(children);
    await queue.close();
  }
  return costs;
}

/** What it costs Redis in a second that an assembler waits for the results of one video. */
export async function waitingVideo(redis: TestRedis): Promise<Toll> {
  const queue = await openQueue(redis, 'waiting');
  const count = 20;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const producers = await Promise.all(Array.from({ length: count }, () => beginVideo(queue, NO_MODEL)));
  const waits = producers.map((producer) =>
    collectGroups(queue, producer, { signal: ending.signal })
      .next()
      .catch(() => undefined),
  );
  await pause(2000);
  const toll = perUnit(await tollFor(queue, () => pause(5000)), 5 * count);
  ending.abort();
  await Promise.all(waits);
  await queue.close();
  return toll;
}

/** A request as `submit` makes it, about as long. */
const REQUEST = JSON.stringify({ padding: 'x'.repeat(1100) });

/** What many waiting videos cost: each by itself when it is submitted, and all of them whenever a service sweeps. */
export async function queuedVideos(redis: TestRedis, count: number): Promise<{ each: Toll; reconcile: Toll }> {
  const queue = await openQueue(redis, 'queued');
  const enter = async (): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const submission = { id: nextId(), request: REQUEST, priority: 'normal' as const, name: 'made.mp4' };
      const [submitted] = await queue.records.submit([submission]);
      const run = submitted?.run ?? 0;
      await queue.queues.addVideo({ video: submission.id, run }, 'normal');
    }
  };
  const each = perUnit(await tollFor(queue, enter), count);
  const reconciled = await tollFor(queue, () => reconcileQueues(queue, never));
  await queue.close();
  return { each, reconcile: reconciled };
}

async function activeGroups(queue: QueueContext): Promise<number> {
  return (await queue.queues.depths()).groups?.active ?? 0;
}

/** Seconds from the `kill -9` of a worker until both groups that it had in hand have captions from another one. */
export async function takeUp(
  redis: TestRedis,
  model: string,
  sha256: string,
  image: Parameters<typeof groups>[1],
): Promise<number> {
  const queue = await openQueue(redis, nextId());
  const [victim] = [await startService(redis, queue.prefix, ['worker', '--model', model, '--concurrency', '1'])];
  const producer = await beginVideo(queue, sha256);
  const producing = produceAll(queue, producer, groups(2, image));
  while ((await activeGroups(queue)) < 2) await pause(5);
  await producing;
  const began = performance.now();
  await endServices([victim], 'SIGKILL');
  const left = (await queue.results.missing(producer.video, 2)).length;
  if (left === 0) throw new Error('the worker was done before it was killed');
  const other = startWorker(queue, instantly, sha256);
  while ((await queue.results.missing(producer.video, 2)).length > 0) await pause(20);
  const seconds = (performance.now() - began) / 1000;
  await other.stop(0);
  await queue.close();
  return seconds;
}
