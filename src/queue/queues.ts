import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { GroupPayload, GroupPlace, RunPayload } from './jobs.ts';
import {
  GROUPS_QUEUE,
  groupJobId,
  PRIORITIES,
  type Priority,
  QUEUE_NAMES,
  rankOf,
  runJobId,
  TRACKS_QUEUE,
  videosQueue,
} from './names.ts';

/** Events that BullMQ keeps of a queue, for a board. */
const KEPT_EVENTS = 100;
/** A group that failed this often by itself is given up: its keyframes become a gap. */
export const MOST_FAILURES = 3;
/** How often a video whose trouble may pass (a network, a disk) is tried. */
export const VIDEO_ATTEMPTS = 3;

/** Jobs in a queue by BullMQ's states: those that wait in any way, and those that somebody works on. */
export interface Depth {
  readonly waiting: number;
  readonly active: number;
  readonly failed: number;
}

/** BullMQ's queues, seen from those who put jobs into them. */
export class Queues {
  readonly #queues: ReadonlyMap<string, Queue>;

  /** `redis` stays the caller's: it is not closed here. */
  constructor(redis: Redis, prefix: string) {
    this.#queues = new Map(
      QUEUE_NAMES.map((name) => {
        const queue = new Queue(name, { connection: redis, prefix, streams: { events: { maxLen: KEPT_EVENTS } } });
        // What goes wrong with the connection is told by its owner.
        queue.on('error', () => undefined);
        return [name, queue];
      }),
    );
  }

  /** All of them, for a board. */
  get all(): readonly Queue[] {
    return [...this.#queues.values()];
  }

  #of(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}`);
    return queue;
  }

  /** Asks for a video to be decoded. A job that is there already stays. */
  async addVideo(payload: RunPayload, priority: Priority): Promise<void> {
    await this.#of(videosQueue(priority)).add('video', payload, {
      jobId: runJobId(payload.video, payload.run),
      attempts: VIDEO_ATTEMPTS,
      backoff: { type: 'exponential', delay: 1000 },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  /** Asks for a video's tracks to be written. A job that is there already stays. */
  async addTracks(payload: RunPayload, priority: Priority): Promise<void> {
    await this.#of(TRACKS_QUEUE).add('tracks', payload, {
      jobId: runJobId(payload.video, payload.run),
      priority: rankOf(priority),
      attempts: VIDEO_ATTEMPTS,
      backoff: { type: 'exponential', delay: 1000 },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  /** Asks for a group, whose frames are in the store, to be captioned. A job that is there already stays. */
  async addGroup(payload: GroupPayload, priority: Priority): Promise<void> {
    await this.#of(GROUPS_QUEUE).add('group', payload, {
      jobId: groupJobId(payload.video, payload.run, payload.group),
      priority: rankOf(priority),
      attempts: MOST_FAILURES,
      backoff: { type: 'fixed', delay: 500 },
      removeOnComplete: true,
      // Kept until `sweep` has made a gap of it; the limit is for what nobody knows.
      removeOnFail: { count: 1000 },
    });
  }

  /** True where somebody works on the video's decoding, or will. */
  hasVideo({ video, run }: RunPayload, priority: Priority): Promise<boolean> {
    return this.#lives(videosQueue(priority), runJobId(video, run));
  }

  /** True where a service decodes the video right now. */
  async decodes({ video, run }: RunPayload, priority: Priority): Promise<boolean> {
    return (await this.#of(videosQueue(priority)).getJobState(runJobId(video, run))) === 'active';
  }

  /** True where somebody writes the video's tracks, or will. */
  hasTracks({ video, run }: RunPayload): Promise<boolean> {
    return this.#lives(TRACKS_QUEUE, runJobId(video, run));
  }

  /** `live` where somebody works on the group, or will; else why BullMQ gave it up, or undefined where it has no job. */
  async groupState({ video, run, group }: GroupPlace): Promise<'live' | { readonly reason: string } | undefined> {
    const id = groupJobId(video, run, group);
    const queue = this.#of(GROUPS_QUEUE);
    const state = await queue.getJobState(id);
    if (state === 'unknown' || state === 'completed') return undefined;
    if (state !== 'failed') return 'live';
    return { reason: (await queue.getJob(id))?.failedReason ?? 'given up' };
  }

  /** Takes a group's job away, unless somebody works on it. */
  async removeGroup({ video, run, group }: GroupPlace): Promise<void> {
    // A job that is being worked on is locked and cannot be removed.
    await this.#of(GROUPS_QUEUE)
      .remove(groupJobId(video, run, group))
      .catch(() => undefined);
  }

  async #lives(name: string, id: string): Promise<boolean> {
    const state = await this.#of(name).getJobState(id);
    return state !== 'unknown' && state !== 'failed' && state !== 'completed';
  }

  /** Takes jobs of a run out of the queues, as far as nobody works on them; who does will find the run gone. */
  async remove({ video, run }: RunPayload, priority: Priority, groups: readonly number[] = []): Promise<void> {
    const id = runJobId(video, run);
    for (const name of [videosQueue(priority), TRACKS_QUEUE]) {
      await this.#of(name)
        .remove(id)
        .catch(() => undefined);
    }
    await Promise.all(groups.map((group) => this.removeGroup({ video, run, group })));
  }

  /** From now on no service takes up anything new of these kinds. */
  async pause(what: 'all' | 'videos'): Promise<void> {
    const names = what === 'all' ? [GROUPS_QUEUE, ...PRIORITIES.map(videosQueue)] : PRIORITIES.map(videosQueue);
    for (const name of names) await this.#of(name).pause();
  }

  /** Undoes {@link Queues.pause}. */
  async resume(): Promise<void> {
    for (const name of [GROUPS_QUEUE, ...PRIORITIES.map(videosQueue)]) await this.#of(name).resume();
  }

  /** What is paused. */
  async paused(): Promise<'all' | 'videos' | 'nothing'> {
    if (await this.#of(GROUPS_QUEUE).isPaused()) return 'all';
    return (await this.#of(videosQueue('normal')).isPaused()) ? 'videos' : 'nothing';
  }

  /** How much is in each queue. */
  async depths(): Promise<Record<string, Depth>> {
    const depths = await Promise.all(
      [...this.#queues].map(async ([name, queue]): Promise<[string, Depth]> => {
        const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed');
        const of = (state: string): number => counts[state] ?? 0;
        const waiting = of('wait') + of('prioritized') + of('delayed');
        return [name, { waiting, active: of('active'), failed: of('failed') }];
      }),
    );
    return Object.fromEntries(depths);
  }

  /** Leaves the queues as they are. */
  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
