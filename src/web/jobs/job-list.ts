import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { problemOf } from '../../captioning/summary.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import type { Log } from '../../services/service.ts';
import type { Job } from '../api/schemas/job.ts';
import { WebError } from '../errors.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { JobFiles } from './job-files.ts';
import type { JobRunner, JobWork } from './job-work.ts';

/** Jobs that have ended and are still listed. */
const KEPT_JOBS = 100;
/** Jobs that wait or run. */
const MOST_OPEN = 1000;
/** Progress is reported at most so often. */
const REPORT_MS = 500;
/** A job during which the server was killed so often may be the reason: it is not begun again by itself. */
const MOST_BEGINS = 3;

/** A job to be done. */
export interface NewJob extends Pick<Job, 'name' | 'video'> {
  readonly work: JobWork;
}

interface Entry {
  job: Job;
  readonly work: JobWork;
  begun: number;
  readonly controller: AbortController;
  ended: Promise<void>;
  reportedAt: number;
}

function isOpen({ state }: Job): boolean {
  return state === 'queued' || state === 'running';
}

/**
 * Work beside captioning: one download at a time, and one job that runs ffmpeg. Jobs are stored before they are acknowledged; a server that was
 * killed, or stopped, goes on with those that had not ended.
 */
export class JobList {
  readonly #hub: EventHub;
  readonly #files: JobFiles;
  readonly #log: Log;
  readonly #jobs = new Map<string, Entry>();
  readonly #last = new Map<'download' | 'ffmpeg', Promise<void>>();
  #run: JobRunner = () => Promise.reject(new Error('jobs have not been started'));
  #closing = false;

  constructor(hub: EventHub, files: JobFiles, log: Log) {
    this.#hub = hub;
    this.#files = files;
    this.#log = log;
  }

  /**
   * Lists the jobs of earlier runs of the server, and queues those that had not ended.
   * @param isThere whether a video is still there: the jobs of one that was removed are, too
   */
  async start(run: JobRunner, isThere: (video: string) => boolean): Promise<void> {
    this.#run = run;
    for (const { job, work, begun } of await this.#files.readAll(this.#log)) {
      if (job.video !== undefined && !isThere(job.video)) {
        await this.#files.remove(job.id);
        continue;
      }
      const entry = this.#list(job, work, begun);
      if (!isOpen(job)) continue;
      await this.#files.empty(job.id);
      if (begun < MOST_BEGINS) this.#enqueue(entry);
      else
        await this.#fail(entry, new WebError('job-interrupted', `the server ended ${begun} times while this job ran`));
    }
    await this.#forgetOld();
  }

  list(): Job[] {
    return [...this.#jobs.values()].map(({ job }) => job).reverse();
  }

  #entry(id: string): Entry {
    const entry = this.#jobs.get(id);
    if (entry === undefined) throw new WebError('job-unknown', `there is no job ${id}`);
    return entry;
  }

  /** Throws `job-unknown`. */
  get(id: string): Job {
    return this.#entry(id).job;
  }

  /** The file of a job. Throws `job-unknown`, `not-there`. */
  fileOf(id: string): string {
    const { file, state } = this.get(id);
    if (file === undefined) throw new WebError('not-there', `the job ${id} is ${state} and has no file`);
    return path.join(this.#files.folder(id), file);
  }

  #list(job: Job, work: JobWork, begun: number): Entry {
    const controller = new AbortController();
    const entry: Entry = { job, work, begun, controller, ended: Promise.resolve(), reportedAt: 0 };
    this.#jobs.set(job.id, entry);
    return entry;
  }

  #checkRoom(): void {
    const open = [...this.#jobs.values()].filter(({ job }) => isOpen(job));
    if (open.length >= MOST_OPEN) throw new WebError('too-many-jobs', `${MOST_OPEN} jobs wait already`);
  }

  /** Queues a job. Throws `too-many-jobs`, an OutputError. */
  async add({ name, video, work }: NewJob): Promise<Job> {
    this.#checkRoom();
    const id = `j${randomBytes(12).toString('hex')}`;
    const job: Job = {
      ...{ id, kind: work.kind, name },
      ...(video === undefined ? {} : { video }),
      state: 'queued',
      added: new Date().toISOString(),
    };
    await this.#files.write({ job, work, begun: 0 });
    this.#enqueue(this.#list(job, work, 0));
    return job;
  }

  /** Queues a job again that failed or was cancelled. Throws `job-unknown`, `job-state`, `too-many-jobs`. */
  async retry(id: string): Promise<Job> {
    const before = this.#entry(id);
    const { job, work } = before;
    if (isOpen(job) || job.state === 'done') {
      throw new WebError('job-state', `the job ${id} is ${job.state}: it cannot be retried`);
    }
    this.#checkRoom();
    const { progress: _, message: __, problem: ___, ...rest } = job;
    const again: Job = { ...rest, state: 'queued' };
    const entry = this.#list(again, work, 0);
    try {
      await this.#store(entry);
    } catch (error) {
      this.#jobs.set(id, before);
      throw error;
    }
    this.#enqueue(entry);
    return entry.job;
  }

  #enqueue(entry: Entry): void {
    // Cancelled while it was being stored.
    if (entry.controller.signal.aborted) return;
    const lane = entry.work.kind === 'pull' ? 'download' : 'ffmpeg';
    entry.ended = (this.#last.get(lane) ?? Promise.resolve())
      .then(() => this.#work(entry))
      .catch((err: unknown) => this.#log.error({ err, job: entry.job.id }, 'a job could not be stored'));
    this.#last.set(lane, entry.ended);
    this.#set(entry, { state: 'queued' });
  }

  #set(entry: Entry, change: Partial<Job>): void {
    entry.job = { ...entry.job, ...change };
    entry.reportedAt = performance.now();
    this.#hub.publish('job', { job: entry.job }, entry.job.video);
  }

  async #store(entry: Entry): Promise<void> {
    const { job, work, begun } = entry;
    await this.#files.write({ job, work, begun });
  }

  async #work(entry: Entry): Promise<void> {
    const { controller, job } = entry;
    const { id } = job;
    if (controller.signal.aborted) return;
    entry.begun += 1;
    this.#set(entry, { state: 'running' });
    try {
      await this.#store(entry);
      const result = await this.#run(job, entry.work, {
        signal: controller.signal,
        folder: this.#files.folder(id),
        progress: (share, message) => {
          const change = {
            ...(share === undefined ? {} : { progress: share }),
            ...(message === undefined ? {} : { message }),
          };
          if (performance.now() - entry.reportedAt > REPORT_MS) this.#set(entry, change);
          else entry.job = { ...entry.job, ...change };
        },
      });
      this.#set(entry, { ...result, state: 'done', progress: 1 });
      await this.#store(entry);
    } catch (error) {
      await this.#endedEarly(entry, error);
    }
    await this.#forgetOld();
  }

  async #endedEarly(entry: Entry, error: unknown): Promise<void> {
    const { job, work, controller } = entry;
    if (this.#closing) {
      // The next run of the server goes on with it; a stop is no reason to suspect the job.
      await this.#files.write({ job: { ...job, state: 'queued' }, work, begun: entry.begun - 1 });
      return;
    }
    await this.#files.empty(job.id);
    if (!controller.signal.aborted) await this.#fail(entry, error);
    else {
      this.#set(entry, { state: 'cancelled' });
      await this.#store(entry);
    }
  }

  async #fail(entry: Entry, error: unknown): Promise<void> {
    const { code, message } = problemOf(error, false);
    const retryable = error instanceof SecondGlanceError && error.retryable;
    this.#set(entry, { state: 'failed', problem: { code, message, retryable } });
    const { id: job, kind } = entry.job;
    this.#log.warn({ err: error, job, kind }, 'a job failed');
    await this.#store(entry);
  }

  async #forgetOld(): Promise<void> {
    const ended = this.list().filter((job) => !isOpen(job));
    for (const { id } of ended.slice(KEPT_JOBS)) await this.#forget(id);
  }

  async #forget(id: string): Promise<void> {
    const video = this.#jobs.get(id)?.job.video;
    this.#jobs.delete(id);
    this.#hub.publish('job-removed', { id }, video);
    await this.#files.remove(id);
  }

  /** Cancels a job that has not ended; removes one that has, with its file. Throws `job-unknown`. */
  async remove(id: string): Promise<void> {
    const entry = this.#entry(id);
    const { state } = entry.job;
    if (state === 'queued') {
      entry.controller.abort();
      this.#set(entry, { state: 'cancelled' });
      await this.#store(entry);
    } else if (state === 'running') {
      entry.controller.abort();
      await entry.ended;
    } else await this.#forget(id);
  }

  /** Cancels the jobs of a video that is removed. */
  async removeOf(video: string): Promise<void> {
    for (const { job } of [...this.#jobs.values()]) {
      if (job.video !== video) continue;
      if (isOpen(job)) await this.remove(job.id);
      await this.#forget(job.id);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const { controller } of this.#jobs.values()) controller.abort();
    await Promise.all(this.#last.values());
  }
}
