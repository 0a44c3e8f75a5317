import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  type GroupKey,
  type GroupPayload,
  groupJobId,
  groupsQueue,
  isModel,
  type JobKind,
  type JobPayloads,
  type RunPayload,
  runJobId,
  TRACKS_QUEUE,
  videosQueue,
} from './jobs.ts';
import { PRIORITIES, type Priority, rankOf } from './priority.ts';
import type { Keys } from './redis/keys.ts';
import type { QueueTimings } from './timings.ts';

/** Events that BullMQ keeps for a board, for each queue. */
const MAX_EVENTS = 100;
/** Attempts at each kind of job. A group that has failed this often becomes a failed group; infrastructure errors do not count. */
export const ATTEMPTS: Readonly<Record<JobKind, number>> = { video: 3, group: 3, tracks: 3 };

/** Models whose queues are counted and shown. */
const MOST_MODELS = 100;

/** Jobs in a queue: waiting in any way, being worked on, failed. */
export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly failed: number;
}

/** How many workers take jobs of each kind. */
export type WorkerCounts = Readonly<Record<JobKind, number>>;

/** BullMQ's queues from the side of their producers. */
export class Queues {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #prefix: string;
  readonly #timings: QueueTimings;
  readonly #queues = new Map<string, Queue>();

  /** `redis` stays the caller's: it is not closed here. */
  constructor(redis: Redis, prefix: string, keys: Keys, timings: QueueTimings) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#keys = keys;
    this.#timings = timings;
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const streams = { events: { maxLen: MAX_EVENTS } };
      queue = new Queue(name, { connection: this.#redis, prefix: this.#prefix, streams });
      // The owner of the connection reports its errors.
      queue.on('error', () => undefined);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async #groupQueues(): Promise<Queue[]> {
    const models = (await this.#redis.smembers(this.#keys.models)).filter(isModel).sort().slice(0, MOST_MODELS);
    return models.map((model) => this.#queue(groupsQueue(model)));
  }

  #videoQueues(): Queue[] {
    return PRIORITIES.map((priority) => this.#queue(videosQueue(priority)));
  }

  /** All queues, for a board; those of groups as far as a model has had a video. */
  async all(): Promise<Queue[]> {
    return [...this.#videoQueues(), ...(await this.#groupQueues()), this.#queue(TRACKS_QUEUE)];
  }

  /** BullMQ ignores a job whose ID exists already. Jobs leave Redis when they end: a video's record keeps what is worth knowing. */
  async #add<Kind extends JobKind>(
    queue: string,
    kind: Kind,
    jobs: readonly { readonly id: string; readonly data: JobPayloads[Kind] }[],
    options: JobsOptions,
  ): Promise<void> {
    // A stack says nothing to those who read a job; the log of the service has it.
    const all = {
      attempts: ATTEMPTS[kind],
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 0,
      ...options,
    };
    if (jobs.length === 0) return;
    await this.#queue(queue).addBulk(jobs.map(({ id, data }) => ({ name: kind, data, opts: { ...all, jobId: id } })));
  }

  get #videoBackoff() {
    return { type: 'exponential', delay: this.#timings.videoRetryMs };
  }

  /** Queues a video for decoding, `delay` milliseconds from now. */
  addVideo(payload: RunPayload, priority: Priority, delay = 0): Promise<void> {
    return this.addVideos([{ payload, priority }], delay);
  }

  /** Queues many videos for decoding, in one round trip for each priority. */
  async addVideos(videos: readonly { payload: RunPayload; priority: Priority }[], delay = 0): Promise<void> {
    for (const priority of PRIORITIES) {
      const jobs = videos
        .filter((video) => video.priority === priority)
        .map(({ payload }) => ({ id: runJobId(payload), data: payload }));
      await this.#add(videosQueue(priority), 'video', jobs, { backoff: this.#videoBackoff, delay });
    }
  }

  /** Queues a video's tracks for writing. */
  async addTracks(payload: RunPayload, priority: Priority): Promise<void> {
    const options = { priority: rankOf(priority), backoff: this.#videoBackoff };
    await this.#add(TRACKS_QUEUE, 'tracks', [{ id: runJobId(payload), data: payload }], options);
  }

  /** Queues a group, whose frames are in the store, for captioning. */
  async addGroup(payload: GroupPayload, priority: Priority): Promise<void> {
    const options = { priority: rankOf(priority), backoff: { type: 'fixed', delay: this.#timings.groupRetryMs } };
    await this.#add(groupsQueue(payload.model), 'group', [{ id: groupJobId(payload), data: payload }], options);
  }

  async #has(queue: string, id: string): Promise<boolean> {
    const state = await this.#queue(queue).getJobState(id);
    return state !== 'unknown' && state !== 'failed' && state !== 'completed';
  }

  /** True where the video is being decoded or will be. */
  hasVideo(of: RunPayload, priority: Priority): Promise<boolean> {
    return this.#has(videosQueue(priority), runJobId(of));
  }

  /** True where a service is decoding the video right now. */
  async isDecoding(of: RunPayload, priority: Priority): Promise<boolean> {
    return (await this.#queue(videosQueue(priority)).getJobState(runJobId(of))) === 'active';
  }

  /** True where the video's tracks are being written or will be. */
  hasTracks(of: RunPayload): Promise<boolean> {
    return this.#has(TRACKS_QUEUE, runJobId(of));
  }

  /** True where the group is being captioned or will be. `model` is a SHA-256 or its prefix. */
  hasGroup(model: string, of: GroupKey): Promise<boolean> {
    return this.#has(groupsQueue(model), groupJobId(of));
  }

  /** True where a running worker has the model; also where Redis does not let this user list its clients. */
  async hasWorker(model: string): Promise<boolean> {
    const count = await this.#queue(groupsQueue(model))
      .getWorkersCount()
      .catch(() => 1);
    return count > 0;
  }

  /** The workers that are connected now. Throws where Redis does not let this user list its clients. */
  async workers(): Promise<WorkerCounts> {
    const count = (queues: readonly Queue[]): Promise<number[]> =>
      Promise.all(queues.map((queue) => queue.getWorkersCount()));
    const [video, group, tracks] = await Promise.all([
      count(this.#videoQueues()),
      count(await this.#groupQueues()),
      count([this.#queue(TRACKS_QUEUE)]),
    ]);
    // A service that decodes has a worker for each priority; one that captions has one for each model.
    return { video: Math.max(...video), group: Math.max(0, ...group), tracks: Math.max(...tracks) };
  }

  /** Removes a run's jobs, except those being worked on: their workers find the run cancelled. */
  async remove(of: RunPayload, priority: Priority, groups: readonly GroupKey[] = [], model = ''): Promise<void> {
    // A job that is being worked on is locked and cannot be removed.
    const removeJob = (queue: string, id: string) =>
      this.#queue(queue)
        .remove(id)
        .catch(() => undefined);
    const ofRun = [videosQueue(priority), TRACKS_QUEUE].map((queue) => removeJob(queue, runJobId(of)));
    await Promise.all([...ofRun, ...groups.map((group) => removeJob(groupsQueue(model), groupJobId(group)))]);
  }

  /** Pauses decoding, and with `all` captioning too. Groups in hand are finished. */
  async pause(what: 'all' | 'videos'): Promise<void> {
    await this.#redis.set(this.#keys.paused, what);
    const groups = what === 'all' ? await this.#groupQueues() : [];
    await Promise.all([...this.#videoQueues(), ...groups].map((queue) => queue.pause()));
  }

  /** Undoes {@link Queues.pause}. */
  async resume(): Promise<void> {
    await this.#redis.del(this.#keys.paused);
    await Promise.all([...this.#videoQueues(), ...(await this.#groupQueues())].map((queue) => queue.resume()));
  }

  /** What is paused. */
  async paused(): Promise<'all' | 'videos' | 'nothing'> {
    // No more of it than either word has, whatever it holds.
    const paused = await this.#redis.getrange(this.#keys.paused, 0, 15);
    return paused === 'all' || paused === 'videos' ? paused : 'nothing';
  }

  /** Jobs by queue; `groups` counts those of all models. */
  async depths(): Promise<Record<string, QueueDepth>> {
    const count = async (queues: readonly Queue[]): Promise<QueueDepth> => {
      const states = ['wait', 'prioritized', 'delayed', 'active', 'failed'] as const;
      const counts = await Promise.all(queues.map((queue) => queue.getJobCounts(...states)));
      const sum = (...names: string[]): number =>
        counts.reduce((total, of) => total + names.reduce((part, name) => part + (of[name] ?? 0), 0), 0);
      return { waiting: sum('wait', 'prioritized', 'delayed'), active: sum('active'), failed: sum('failed') };
    };
    const named = [...this.#videoQueues(), this.#queue(TRACKS_QUEUE)];
    const depths = await Promise.all(named.map(async (queue) => [queue.name, await count([queue])] as const));
    return { ...Object.fromEntries(depths), groups: await count(await this.#groupQueues()) };
  }

  /** Closes this side of the queues; their jobs stay. */
  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
