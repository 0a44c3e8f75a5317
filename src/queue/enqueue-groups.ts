import { sleep } from '../core/time/sleep.ts';
import { GROUP_SIZE, type Group } from '../core/types.ts';
import { QueueError } from './errors.ts';
import { packGroup } from './frames.ts';
import { type GroupPayload, modelPrefix, type RunPayload } from './jobs.ts';
import type { Priority } from './priority.ts';
import type { QueueContext } from './queue-context.ts';

/** How many groups may be in flight, of frames of the usual size. Larger frames count for as much as they are. */
export interface InFlightLimits {
  readonly perVideo: number;
  /** For all videos of a model. Only high priorities may use all of it, so that they find room. */
  readonly perModel: number;
}

/** Bytes of a group of the usual size: 224 x 224 pixels. */
const USUAL_GROUP_BYTES = GROUP_SIZE * 224 * 224 * 3;

/** A limit in groups of these frames: as many bytes as that many groups of the usual size, and one group at least. */
function limitFor(limit: number, { keyframes }: Group): number {
  const bytes = keyframes.reduce((sum, { pixels }) => sum + pixels.byteLength, 0);
  return Math.max(1, Math.floor(limit / Math.max(1, bytes / USUAL_GROUP_BYTES)));
}

/** One run of a video, from the decoder's side. */
export interface GroupProducer extends RunPayload {
  readonly priority: Priority;
  readonly model: GroupPayload['model'];
  readonly passes: GroupPayload['passes'];
}

/** The part of the model's limit that a priority may use. */
const SHARE: Readonly<Record<Priority, number>> = { high: 1, normal: 0.75, low: 0.5 };
/** Polling for room: shortest and longest pause. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 200;

/** Throws `no-worker` where no running worker has the model. */
async function requireWorker({ queues }: QueueContext, { video, model }: GroupProducer): Promise<void> {
  if (await queues.hasWorker(model)) return;
  throw new QueueError('no-worker', noWorkerReason(video, model));
}

/** The sentence for a model that no running worker has. */
export function noWorkerReason(video: string, model: string): string {
  return `${video} waits for a worker: no running worker has its model (SHA-256 ${modelPrefix(model)}...)`;
}

/** Waits until the group may be in flight. False where it has captions or a job already. */
async function waitForRoom(
  context: QueueContext,
  producer: GroupProducer,
  group: Group,
  limits: InFlightLimits,
  signal: AbortSignal,
): Promise<boolean> {
  const { keys, redis, queues, frames, timings } = context;
  const { video, run, priority, model } = producer;
  const perModel = limitFor(limits.perModel * SHARE[priority], group);
  const perVideo = limitFor(limits.perVideo, group);
  const found = (group.keyframes.at(-1)?.index ?? -1) + 1;
  const pts = group.keyframes.at(-1)?.pts ?? 0;
  const key = { video, run, group: group.index };
  let checked = performance.now();
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const scriptKeys = [keys.record(video), keys.results(video), keys.inFlight, keys.paused];
    const limitsOf = [modelPrefix(model), perVideo, perModel];
    const answer = await redis.sgAdmit(...scriptKeys, video, run, group.index, ...limitsOf, found, pts);
    if (answer === 'cancelled') {
      throw new QueueError('video-gone', `the run of ${video} is over: it was cancelled, restarted or lost`);
    }
    if (answer === 'done') return false;
    if (answer === 'admitted') return true;
    // A decoder that died may have left the group without its job.
    if (answer === 'in-flight') return !(await queues.hasGroup(model, key));
    if (answer === 'full' && performance.now() - checked > timings.noWorkerMs) {
      await requireWorker(context, producer);
      checked = performance.now();
    }
    if (wait === LONGEST_WAIT_MS) await frames.prepare();
    await sleep(wait, signal);
  }
}

/**
 * Puts a video's groups in flight as the limits permit, except for those that have captions or are in flight already: after any failure
 * the same video may be enqueued again. Returns the number of groups.
 * @throws QueueError `video-gone` where the run is over, `no-worker`, `frame-store`; errors of `groups`
 */
export async function enqueueGroups(
  context: QueueContext,
  producer: GroupProducer,
  groups: AsyncIterable<Group>,
  limits: InFlightLimits,
  signal: AbortSignal,
): Promise<number> {
  const { video, run, priority, model, passes } = producer;
  let count = 0;
  for await (const group of groups) {
    count = group.index + 1;
    if (!(await waitForRoom(context, producer, group, limits, signal))) continue;
    // The job comes last: a crash in between leaves frames without a job, which are enqueued again, and never a job without frames.
    await context.frames.put(video, group.index, packGroup(group));
    await context.queues.addGroup({ video, run, group: group.index, model, passes }, priority);
  }
  return count;
}

/** More lost groups are not looked for: the video is decoded again for all of them. */
const MOST_LOST = 1000;

/** Those of a run's groups `[0, count)` that have neither captions nor a job; the first ones where there are many. */
export async function lostGroups(
  { results, queues }: QueueContext,
  { video, run, model }: RunPayload & { readonly model: string },
  count: number,
): Promise<number[]> {
  const lost: number[] = [];
  for (const group of await results.missing(video, count)) {
    const key = { video, run, group };
    if (await queues.hasGroup(model, key)) continue;
    // The captions may have come, and the job ended, between the two questions.
    if (!(await results.has(key))) lost.push(group);
    if (lost.length === MOST_LOST) break;
  }
  return lost;
}
