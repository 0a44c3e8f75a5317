import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { problemOf } from '../../captioning/summary.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import type { Log } from '../../services/service.ts';
import type { Job } from '../api/schemas/job.ts';
import { WebError } from '../errors.ts';
import type { EventHub } from '../events/event-hub.ts';

/** Jobs that have ended and are still listed. */
const KEPT_JOBS = 100;
/** Jobs that wait or run. */
const MOST_OPEN = 1000;
/** Progress is reported at most so often. */
const REPORT_MS = 500;

/** What a job reports while it works. */
export interface JobHost {
  readonly signal: AbortSignal;
  /** The folder of its files. */
  readonly folder: string;
  progress(share: number | undefined, message?: string): void;
}

/** What a job came to. */
export interface JobResult {
  readonly message?: string;
  /** The name of its file, in its folder. */
  readonly file?: string;
}

/** What a job does. */
export interface JobRequest extends Pick<Job, 'kind' | 'name' | 'video'> {
  run(host: JobHost): Promise<JobResult>;
}

interface Entry {
  job: Job;
  readonly controller: AbortController;
  readonly run: JobRequest['run'];
  ended: Promise<void>;
  reportedAt: number;
}

/** Work beside captioning: one download at a time, and one job that runs ffmpeg. */
export class JobList {
  readonly #hub: EventHub;
  readonly #folder: string;
  readonly #log: Log;
  readonly #jobs = new Map<string, Entry>();
  readonly #last = new Map<'download' | 'ffmpeg', Promise<void>>();

  constructor(hub: EventHub, folder: string, log: Log) {
    this.#hub = hub;
    this.#folder = folder;
    this.#log = log;
  }

  /** Removes the files of an earlier run of the server, whose jobs are not listed any more. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { mode: 0o700 });
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
    return path.join(this.#folder, id, file);
  }

  /** Queues a job. */
  add({ kind, name, video, run }: JobRequest): Job {
    const open = [...this.#jobs.values()].filter(({ job: { state } }) => state === 'queued' || state === 'running');
    if (open.length >= MOST_OPEN) throw new WebError('too-many-jobs', `${MOST_OPEN} jobs wait already`);
    const id = `j${randomBytes(12).toString('hex')}`;
    const job: Job = {
      ...{ id, kind, name },
      ...(video === undefined ? {} : { video }),
      state: 'queued',
      added: new Date().toISOString(),
    };
    const entry: Entry = { job, controller: new AbortController(), run, ended: Promise.resolve(), reportedAt: 0 };
    this.#jobs.set(id, entry);
    const lane = kind === 'pull' ? 'download' : 'ffmpeg';
    entry.ended = (this.#last.get(lane) ?? Promise.resolve()).then(() => this.#work(entry));
    this.#last.set(lane, entry.ended);
    this.#set(entry, {});
    return job;
  }

  #set(entry: Entry, change: Partial<Job>): void {
    entry.job = { ...entry.job, ...change };
    entry.reportedAt = performance.now();
    this.#hub.publish('job', { job: entry.job }, entry.job.video);
  }

  async #work(entry: Entry): Promise<void> {
    const { controller, run, job } = entry;
    if (controller.signal.aborted) return;
    const folder = path.join(this.#folder, job.id);
    this.#set(entry, { state: 'running' });
    try {
      await mkdir(folder, { mode: 0o700 });
      const result = await run({
        signal: controller.signal,
        folder,
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
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (controller.signal.aborted) this.#set(entry, { state: 'cancelled' });
      else {
        const { code, message } = problemOf(error, false);
        const retryable = error instanceof SecondGlanceError && error.retryable;
        this.#set(entry, { state: 'failed', problem: { code, message, retryable } });
        this.#log.warn({ err: error, job: job.id, kind: job.kind }, 'a job failed');
      }
    }
    await this.#forgetOld();
  }

  async #forgetOld(): Promise<void> {
    const ended = this.list().filter(({ state }) => state !== 'queued' && state !== 'running');
    for (const { id } of ended.slice(KEPT_JOBS)) await this.#forget(id);
  }

  async #forget(id: string): Promise<void> {
    this.#jobs.delete(id);
    await rm(path.join(this.#folder, id), { recursive: true, force: true });
  }

  /** Cancels a job that has not ended; removes one that has, with its file. Throws `job-unknown`. */
  async remove(id: string): Promise<void> {
    const entry = this.#entry(id);
    const { state } = entry.job;
    if (state === 'queued') {
      entry.controller.abort();
      this.#set(entry, { state: 'cancelled' });
    } else if (state === 'running') {
      entry.controller.abort();
      await entry.ended;
    } else await this.#forget(id);
  }

  /** Cancels the jobs of a video that is removed. */
  async removeOf(video: string): Promise<void> {
    for (const { job } of [...this.#jobs.values()]) {
      if (job.video !== video) continue;
      if (job.state === 'queued' || job.state === 'running') await this.remove(job.id);
      await this.#forget(job.id);
    }
  }

  async close(): Promise<void> {
    for (const { controller } of this.#jobs.values()) controller.abort();
    await Promise.all(this.#last.values());
  }
}
