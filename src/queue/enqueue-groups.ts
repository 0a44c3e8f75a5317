import { sleep } from '../core/sleep.ts';
import { GROUP_SIZE, type Group } from '../core/types.ts';
import { QueueError } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { packGroup } from './frames.ts';
import type { GroupPayload, RunPayload } from './jobs.ts';
import { GROUPS_QUEUE, type Priority } from './names.ts';
import type { QueueContext } from './queue-context.ts';
import { ADMIT } from './redis/scripts.ts';

/** How many groups may be in flight: their frames kept, their results not there yet. */
export interface FlightLimits {
  readonly perVideo: number;
  /** In all. Urgent videos may use it up; others leave a part of it free, so that those find room. */
  readonly inAll: number;
}

/** One run of a video, from the side of its decoder. */
export interface GroupProducer extends RunPayload {
  readonly priority: Priority;
  /** What groups' jobs say of the work, see {@link GroupPayload}. */
  readonly model: string;
  readonly passes: 1 | 2;
}

/** The part of the limit in all that a priority may use. */
const SHARE: Readonly<Record<Priority, number>> = { high: 1, normal: 0.75, low: 0.5 };
/** Waiting for room: first so long, then longer. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 200;

function gone(video: string): QueueError {
  return new QueueError('video-gone', `${video} is not wanted any more: it was cancelled, begun anew or forgotten`);
}

/** Waits until the group may be in flight. False where it has a result, or is in flight with a job already. */
async function admitted(
  site: QueueContext,
  feed: GroupProducer,
  group: Group,
  limits: FlightLimits,
  signal: AbortSignal,
) {
  const { keys, redis, queues } = site;
  const { video, run, priority } = feed;
  const inAll = Math.max(1, Math.floor(limits.inAll * SHARE[priority]));
  const last = group.keyframes.at(-1);
  const reached = group.index * GROUP_SIZE + group.keyframes.length;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const answer = await evaluate(
      redis,
      ADMIT,
      [keys.record(video), keys.results(video), keys.held, keys.meta(GROUPS_QUEUE)],
      [video, run, group.index, limits.perVideo, inAll, reached, last?.pts ?? 0, Date.now()],
    );
    if (answer === 'gone') throw gone(video);
    if (answer === 'aside') throw new QueueError('video-aside', `${video} is refused by every worker`);
    if (answer === 'done') return false;
    if (answer === 'admitted') return true;
    if (answer === 'held') return (await queues.groupState({ video, run, group: group.index })) === undefined;
    await sleep(wait, signal);
  }
}

/**
 * Puts a video's groups in flight, as fast as the limits let it; what has a result, or is in flight already, is passed
 * over. So the same video may be fed again after any accident. Ends with the number of groups.
 * @throws QueueError `video-gone` where the run is not wanted any more, `video-aside` where no worker can do it at present;
 * what `groups` throws
 */
export async function enqueueGroups(
  site: QueueContext,
  feed: GroupProducer,
  groups: AsyncIterable<Group>,
  limits: FlightLimits,
  signal: AbortSignal,
): Promise<number> {
  const { video, run, priority, model, passes } = feed;
  let count = 0;
  for await (const group of groups) {
    count = group.index + 1;
    if (!(await admitted(site, feed, group, limits, signal))) continue;
    // The job comes last: a death in between leaves frames that the next feeding finds, never a job without them.
    await site.frames.put(video, group.index, packGroup(group));
    const payload: GroupPayload = { video, run, group: group.index, model, passes };
    await site.queues.addGroup(payload, priority);
  }
  return count;
}

/** Those of a run's groups `[0, count)` that have neither a result nor a job: Redis forgot them. */
export async function lostGroups(site: QueueContext, { video, run }: RunPayload, count: number): Promise<number[]> {
  const lost: number[] = [];
  for (const group of await site.results.missing(video, count)) {
    if ((await site.queues.groupState({ video, run, group })) !== undefined) continue;
    // Its result may have come, and its job gone, between the two questions.
    if (!(await site.results.has({ video, run, group }))) lost.push(group);
  }
  return lost;
}
