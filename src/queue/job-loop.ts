import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { SecondGlanceError, sentenceOf } from '../core/errors.ts';
import { QueueError } from './errors.ts';
import type { QueueContext } from './queue-context.ts';

/** A lock lasts this long after its holder was last heard of; inference runs in other processes, so renewals are on time. */
const LOCK_MS = 4000;
/** How often somebody looks for jobs whose holder has died: two looks, so its jobs go on within LOCK_MS + 2 * this. */
const STALLED_CHECK_MS = 1500;
/** The death of a service is not the job's failure: this often may those who held it die. */
const MOST_DEATHS = 100;
/** How long an idle service waits for a job before it asks again. */
const IDLE_SECONDS = 2;

/** What a handler knows of its job. */
export interface JobContext {
  /** Aborts when the service has to end, or somebody else has taken the job over. */
  readonly signal: AbortSignal;
  /** Failures of the job itself before this attempt. */
  readonly failures: number;
}

/** How a kind of job is taken. */
export interface JobLoopOptions {
  readonly queue: string;
  /** Jobs at once. */
  readonly concurrency: number;
  handle(data: unknown, context: JobContext): Promise<void>;
  /** Hears of a job that failed for good, whoever held it: a handler's error, or too many deaths. */
  onFailed?(data: unknown, error: Error): Promise<void>;
  /** Hears of trouble with Redis or a lock; nothing needs to be done about it. */
  readonly onTrouble: (error: Error) => void;
}

/** Thrown by a handler: the job shall be tried again in a while, and that is no failure. */
export class RescheduleError extends Error {
  readonly ms: number;

  constructor(ms: number, why: string) {
    super(why);
    this.ms = ms;
  }
}

/** Why a service's jobs are given back. */
class Stopping extends Error {}

/**
 * Takes jobs from one queue. An error with `retryable` false fails its job for good, any other is tried again as often as
 * the job says.
 */
export class JobLoop {
  readonly #worker: Worker;
  readonly #options: JobLoopOptions;
  readonly #running = new Map<string, AbortController>();

  constructor(site: QueueContext, options: JobLoopOptions) {
    this.#options = options;
    this.#worker = new Worker(options.queue, (job: Job, token?: string) => this.#process(job, token), {
      connection: site.redis,
      prefix: site.prefix,
      concurrency: options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MOST_DEATHS,
      drainDelay: IDLE_SECONDS,
      runRetryDelay: 500,
    });
    this.#worker.on('error', (error) => options.onTrouble(error));
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids)
        this.#running.get(id)?.abort(new QueueError('video-gone', 'the job was taken over by another'));
    });
    this.#worker.on('failed', (job, error) => {
      const last = job !== undefined && (error instanceof UnrecoverableError || job.finishedOn !== undefined);
      if (last) options.onFailed?.(job.data, error).catch((failure: unknown) => options.onTrouble(failure as Error));
    });
  }

  /** Jobs that are being worked on here. */
  get running(): number {
    return this.#running.size;
  }

  async #process(job: Job, token = ''): Promise<void> {
    const controller = new AbortController();
    const id = job.id ?? '';
    this.#running.set(id, controller);
    try {
      await this.#options.handle(job.data, { signal: controller.signal, failures: job.attemptsMade });
    } catch (error) {
      if (error instanceof RescheduleError) {
        await job.moveToDelayed(Date.now() + error.ms, token);
        throw new DelayedError();
      }
      if (controller.signal.reason instanceof Stopping) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      // BullMQ keeps a message only; the code and the detail are in the log of whoever ran it.
      if (error instanceof SecondGlanceError && !error.retryable) throw new UnrecoverableError(sentenceOf(error));
      throw error;
    } finally {
      this.#running.delete(id);
    }
  }

  /**
   * Takes no more jobs; waits up to `graceMs` for those in hand, gives back what is left, and ends. Within `graceMs` and
   * two seconds, Redis or no Redis.
   */
  async stop(graceMs: number): Promise<void> {
    const closing = this.#worker.close().catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const after = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        timer = setTimeout(resolve, ms);
      });
    await Promise.race([closing, graceMs > 0 ? after(graceMs) : undefined]);
    clearTimeout(timer);
    for (const controller of this.#running.values()) controller.abort(new Stopping('the service ends'));
    await Promise.race([closing, after(2000)]);
    clearTimeout(timer);
  }
}
