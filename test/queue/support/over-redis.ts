import type { Group } from '../../../src/core/types.ts';
import { collectGroups } from '../../../src/queue/collect.ts';
import { submitVideo } from '../../../src/queue/control.ts';
import { enqueueGroups } from '../../../src/queue/enqueue-groups.ts';
import { type GroupEvent, type GroupWorker, startGroupWorker } from '../../../src/queue/group-worker.ts';
import type { GroupResult, GroupWork, RunOptions } from '../../../src/queue/in-process.ts';
import type { QueueContext } from '../../../src/queue/queue-context.ts';
import { MODEL, videoId } from './sites.ts';

/** A worker over a site that does `work`. */
export function worker(
  site: QueueContext,
  work: GroupWork,
  options: {
    concurrency?: number;
    onGroup?: (event: GroupEvent) => void;
    refuse?: GroupWorker['refuse'];
    onDropped?: GroupWorker['onDropped'];
  } = {},
) {
  return startGroupWorker(site, {
    concurrency: options.concurrency ?? 1,
    runtime: 'made',
    refuse: options.refuse ?? (() => undefined),
    work: () => work,
    onGroup: options.onGroup ?? (() => undefined),
    onDropped: options.onDropped ?? (() => undefined),
    onTrouble: () => undefined,
  });
}

let videos = 0;

/** Enters a video and begins its run, as an ingest service does. */
export async function beginVideo(site: QueueContext, priority: 'high' | 'normal' | 'low' = 'normal') {
  videos += 1;
  const id = videoId(videos);
  const { run } = await submitVideo(site, { id, request: '{}', priority, name: 'made' });
  // No ingest service takes it here.
  await site.queues.remove({ video: id, run }, priority);
  await site.records.note(id, run, { state: 'running', begun: Date.now() });
  return { video: id, run, priority, model: MODEL, passes: 2 as const };
}

/** {@link runGroups} by way of Redis: feeding, a worker and collecting, each as the services do it. */
export function runOverRedis(site: QueueContext) {
  return async function* (
    groups: AsyncIterable<Group>,
    work: GroupWork,
    { concurrency, signal }: RunOptions,
  ): AsyncGenerator<GroupResult, void, undefined> {
    const feed = await beginVideo(site);
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const loop = worker(site, work, { concurrency });
    let failure: { error: unknown } | undefined;
    let count = 0;
    const counted = async function* () {
      for await (const group of groups) {
        count = group.index + 1;
        yield group;
      }
    };
    const feeding = enqueueGroups(site, feed, counted(), { perVideo: 2 * concurrency, inAll: 64 }, both)
      .catch((error: unknown) => {
        failure = { error };
      })
      .then(async () => {
        if (!both.aborted) await site.records.note(feed.video, feed.run, { report: '{}', groups: count });
      });
    try {
      for await (const { index, captions } of collectGroups(site, feed, { signal })) {
        yield { video: 'made', index, captions };
      }
      if (failure !== undefined) throw failure.error;
    } finally {
      ending.abort();
      await feeding;
      await loop.stop(0);
      await site.records.finish(feed.video, feed.run, 'done', '{}');
    }
  };
}
