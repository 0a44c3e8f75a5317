import type { CaptionedGroup, GroupWork, RunOptions } from '../../../src/captioning/run-groups.ts';
import type { Caption, Group } from '../../../src/core/types.ts';
import { collectGroups } from '../../../src/queue/collect.ts';
import { enqueueGroups, type GroupProducer } from '../../../src/queue/enqueue-groups.ts';
import { type GroupEvent, type GroupWorker, startGroupWorker } from '../../../src/queue/group-worker.ts';
import type { QueueContext } from '../../../src/queue/queue-context.ts';
import { submitVideo } from '../../../src/queue/video-control.ts';
import { tinyGroup } from '../../support/tiny-groups.ts';
import { MODEL, videoId } from './contexts.ts';

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;
/** Limits that no test reaches. */
export const wide = { perVideo: 100, perModel: 1000 };

/** Groups of two keyframes each. */
export async function* groups(count: number): AsyncGenerator<Group> {
  for (let index = 0; index < count; index += 1) yield tinyGroup(['red', 'blue'], index);
}

/** Captions every keyframe with `a`. */
export const captionA: GroupWork = async (group): Promise<Caption[]> =>
  group.keyframes.map(({ video, index, pts, still }) => {
    return { video, index, pts, still, draft: 'a', text: 'a', confidence: 1, passes: 2 };
  });

/** Waits until `condition` holds, however slow the machine. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 120_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A worker that does `work`. */
export function worker(
  queue: QueueContext,
  work: GroupWork,
  options: Partial<Pick<GroupWorker, 'concurrency' | 'model' | 'onGroup' | 'onRejected'>> = {},
) {
  return startGroupWorker(queue, {
    concurrency: 1,
    runtime: 'made',
    model: MODEL,
    onGroup: () => undefined,
    onRejected: () => undefined,
    onTrouble: () => undefined,
    ...options,
    caption: (group, _, signal) => work(group, signal),
  });
}

/** A worker, and the outcomes of its groups in order. */
export function recordedWorker(
  queue: QueueContext,
  work: GroupWork,
  options: Parameters<typeof worker>[2] = {},
): { readonly loop: ReturnType<typeof worker>; readonly events: GroupEvent[] } {
  const events: GroupEvent[] = [];
  return { loop: worker(queue, work, { onGroup: (event) => events.push(event), ...options }), events };
}

let videos = 0;

/** Submits a video and begins its run, as an ingest service does. */
export async function beginVideo(
  queue: QueueContext,
  priority: GroupProducer['priority'] = 'normal',
  model = MODEL,
): Promise<GroupProducer> {
  videos += 1;
  const id = videoId(videos);
  const { run } = await submitVideo(queue, { id, request: '{}', priority, name: 'made' });
  // No ingest service takes it here.
  await queue.queues.remove({ video: id, run }, priority);
  await queue.records.begin({ video: id, run }, model);
  return { video: id, run, priority, model, passes: 2 };
}

/** {@link runGroups} over Redis: a producer, a worker and a collector, each as the services have it. */
export function runOverRedis(queue: QueueContext) {
  return async function* (
    source: AsyncIterable<Group>,
    work: GroupWork,
    { concurrency, signal }: RunOptions,
  ): AsyncGenerator<CaptionedGroup, void, undefined> {
    const producer = await beginVideo(queue);
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const loop = worker(queue, work, { concurrency });
    let failure: { error: unknown } | undefined;
    let count = 0;
    const counted = async function* () {
      for await (const group of source) {
        count = group.index + 1;
        yield group;
      }
    };
    const producing = enqueueGroups(queue, producer, counted(), { perVideo: 2 * concurrency, perModel: 64 }, both)
      .catch((error: unknown) => {
        failure = { error };
      })
      .then(async () => {
        if (!both.aborted) await queue.records.update(producer, { report: '{}', groups: count });
      });
    try {
      for await (const { index, captions } of collectGroups(queue, producer, { signal })) {
        yield { video: 'made', index, captions };
      }
      if (failure !== undefined) throw failure.error;
    } finally {
      ending.abort();
      await producing;
      await loop.stop(0);
      await queue.records.finish(producer.video, producer.run, 'done', '{}');
    }
  };
}
