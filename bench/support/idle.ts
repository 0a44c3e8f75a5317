import { setMaxListeners } from 'node:events';
import { collectGroups } from '../../src/queue/collect.ts';
import type { QueueContext } from '../../src/queue/queue-context.ts';
import { reconcileQueues } from '../../src/queue/reconcile.ts';
import type { TestRedis } from '../../test/support/redis.ts';
import {
  beginVideo,
  endServices,
  feedAll,
  groups,
  instantly,
  NO_MODEL,
  never,
  nextId,
  perUnit,
  siteAt,
  startService,
  type Toll,
  takeWith,
  tollFor,
} from './queue-context.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What an idle service costs Redis in a second: one of each kind, alone; and first what Redis does by itself. */
export async function idleServices(redis: TestRedis, model: string): Promise<Record<string, Toll>> {
  const costs: Record<string, Toll> = {};
  for (const args of [[], ['ingest'], ['worker', '--model', model, '--concurrency', '1'], ['assemble']]) {
    const name = args[0] === undefined ? 'nobody' : `an idle ${args[0]}`;
    const site = await siteAt(redis, `idle-${args[0]}`);
    const children = args.length === 0 ? [] : [await startService(redis, `idle-${args[0]}`, args)];
    await pause(2000);
    costs[name] = perUnit(await tollFor(site, () => pause(10_000)), 10);
    await endServices(children);
    await site.close();
  }
  return costs;
}

/** What it costs Redis in a second that an assembler waits for the results of one video. */
export async function waitingVideo(redis: TestRedis): Promise<Toll> {
  const site = await siteAt(redis, 'waiting');
  const count = 20;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const feeds = await Promise.all(Array.from({ length: count }, () => beginVideo(site, NO_MODEL)));
  const waits = feeds.map((feed) =>
    collectGroups(site, feed, { signal: ending.signal })
      .next()
      .catch(() => undefined),
  );
  await pause(2000);
  const toll = perUnit(await tollFor(site, () => pause(5000)), 5 * count);
  ending.abort();
  await Promise.all(waits);
  await site.close();
  return toll;
}

/** A request as `submit` makes it, about as long. */
const REQUEST = JSON.stringify({ padding: 'x'.repeat(1100) });

/** What many waiting videos cost: each by itself when it is submitted, and all of them whenever a service sweeps. */
export async function queuedVideos(redis: TestRedis, count: number): Promise<{ each: Toll; sweep: Toll }> {
  const site = await siteAt(redis, 'queued');
  const enter = async (): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const submission = { id: nextId(), request: REQUEST, priority: 'normal' as const, name: 'made.mp4' };
      const { run } = await site.records.submit(submission);
      await site.queues.addVideo({ video: submission.id, run }, 'normal');
    }
  };
  const each = perUnit(await tollFor(site, enter), count);
  const swept = await tollFor(site, () => reconcileQueues(site, never));
  await site.close();
  return { each, sweep: swept };
}

async function activeGroups(site: QueueContext): Promise<number> {
  return (await site.queues.depths()).groups?.active ?? 0;
}

/** Seconds from the `kill -9` of a worker until both groups that it held have results from another one. */
export async function takeUp(
  redis: TestRedis,
  model: string,
  sha256: string,
  image: Parameters<typeof groups>[1],
): Promise<number> {
  const site = await siteAt(redis, nextId());
  const [victim] = [await startService(redis, site.prefix, ['worker', '--model', model, '--concurrency', '1'])];
  const feed = await beginVideo(site, sha256);
  const feeding = feedAll(site, feed, groups(2, image));
  while ((await activeGroups(site)) < 2) await pause(5);
  await feeding;
  const began = performance.now();
  await endServices([victim], 'SIGKILL');
  const left = (await site.results.missing(feed.video, 2)).length;
  if (left === 0) throw new Error('the worker was done before it was killed');
  const other = takeWith(site, instantly);
  while ((await site.results.missing(feed.video, 2)).length > 0) await pause(20);
  const seconds = (performance.now() - began) / 1000;
  await other.stop(0);
  await site.close();
  return seconds;
}
