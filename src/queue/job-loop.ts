import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { SecondGlanceError, sentenceOf } from '../core/errors.ts';
import { exponentialBackoff } from '../core/time/backoff.ts';
import { QueueError } from './errors.ts';
import { type JobKind, type JobPayloads, readJob } from './jobs.ts';
import type { QueueContext } from './queue-context.ts';
import { isAway, isInfrastructureError } from './redis/connection.ts';
import { removeUnreadableJobs } from './unreadable-jobs.ts';

/** A killed service is no failure of its job: so many holders of a job may die before it fails. */
const MAX_STALLED = 100;
/** After its grace period a stopping service waits so long for jobs to be returned to the queue. */
const RETURN_MS = 2000;

/** What a handler knows about its job. */
export interface JobContext {
  /** Aborts when the service stops, and when another worker has the job. */
  readonly signal: AbortSignal;
  /** Earlier failures of the job itself. */
  readonly failures: number;
}

/** How jobs of one kind are handled. */
export interface JobLoopOptions<Kind extends JobKind> {
  readonly kind: Kind;
  readonly queue: string;
  /** Jobs at once. */
  readonly concurrency: number;
  handle(payload: JobPayloads[Kind], context: JobContext): Promise<void>;
  /** Called when a job has failed for good: by its handler's error, or because too many of its holders died. */
  onFailed(payload: JobPayloads[Kind], error: Error): Promise<void>;
  /** Called with the reason when a job is dropped that this version of the program did not write. */
  onRejected(error: Error): void;
  /** Called when a job waits because Redis or the frame store is away. */
  onPostponed?(payload: JobPayloads[Kind], error: Error): void;
  /** Called for errors of connections and locks, which need no reaction. */
  readonly onTrouble: (error: Error) => void;
}

/** Thrown by a handler: the job runs again in `ms`, and this does not count as a failure. */
export class RescheduleError extends Error {
  readonly ms: number;

  constructor(ms: number, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.ms = ms;
  }
}

/** The abort reason of a service that stops. */
class StoppingError extends Error {}

interface Execution {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Takes jobs of one kind from a queue. A job fails for good on an error that is not retryable, others use up its attempts. */
export class JobLoop<Kind extends JobKind> {
  readonly #worker: Worker;
  readonly #options: JobLoopOptions<Kind>;
  readonly #retryMs: readonly [number, number];
  /**
   * Executions by job ID. BullMQ's own abort signal will not do: it tracks one execution for each ID, so when a process takes a job again
   * whose lock it has lost, the first execution cannot be aborted any more.
   */
  readonly #running = new Map<string, Execution>();
  /** BullMQ hands over jobs while it closes: those that it was fetching. */
  #stopping = false;

  constructor(context: QueueContext, options: JobLoopOptions<Kind>) {
    const { lockMs, stalledCheckMs, idleMs, infrastructureRetryMs } = context.timings;
    this.#options = options;
    this.#retryMs = infrastructureRetryMs;
    this.#worker = new Worker(options.queue, (job: Job, token?: string) => this.#process(job, token), {
      connection: context.redis,
      prefix: context.prefix,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount: MAX_STALLED,
      drainDelay: idleMs / 1000,
      runRetryDelay: 500,
    });
    this.#worker.on('error', (error) => {
      options.onTrouble(error);
      if (!isAway(error)) this.#removeUnreadable(context).catch(options.onTrouble);
    });
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#abort(id);
    });
    this.#worker.on('failed', (job, error) => {
      const last = error instanceof UnrecoverableError || job?.finishedOn !== undefined;
      if (job !== undefined && last)
        this.#failed(job, error).catch((failure: unknown) => options.onTrouble(failure as Error));
    });
  }

  /** BullMQ cannot read a job: it would take it again and again. */
  async #removeUnreadable(context: QueueContext): Promise<void> {
    for (const error of await removeUnreadableJobs(context, this.#options.queue)) this.#options.onRejected(error);
  }

  /** Number of jobs in hand. */
  get running(): number {
    return this.#running.size;
  }

  #abort(id: string): void {
    this.#running.get(id)?.controller.abort(new QueueError('video-gone', 'another worker has taken the job'));
  }

  async #failed(job: Job, error: Error): Promise<void> {
    let payload: JobPayloads[Kind];
    try {
      payload = readJob(this.#options.kind, job.data);
    } catch (rejection) {
      this.#options.onRejected(rejection as Error);
      return;
    }
    await this.#options.onFailed(payload, error);
  }

  async #process(job: Job, token = ''): Promise<void> {
    const id = job.id ?? '';
    const older = this.#running.get(id);
    if (older !== undefined || this.#stopping) {
      // BullMQ stops renewing this job's lock when the older execution ends, so the job has to be taken afresh.
      this.#abort(id);
      await older?.ended;
      await job.moveToWait(token).catch(() => undefined);
      throw new WaitingError();
    }
    const controller = new AbortController();
    const work = this.#handle(job, controller.signal);
    const execution: Execution = { controller, ended: work.catch(() => undefined) };
    this.#running.set(id, execution);
    try {
      await work;
    } catch (error) {
      throw await this.#settle(job, token, controller.signal, error);
    } finally {
      if (this.#running.get(id) === execution) this.#running.delete(id);
    }
  }

  async #handle(job: Job, signal: AbortSignal): Promise<void> {
    const payload = readJob(this.#options.kind, job.data);
    await this.#options.handle(payload, { signal, failures: job.attemptsMade });
  }

  /** Returns an unfinished job to the queue if that is no failure of the job. Gives the error by which BullMQ learns of it. */
  async #settle(job: Job, token: string, signal: AbortSignal, error: unknown): Promise<unknown> {
    // Where Redis does not take the job back now, its lock expires and it is taken as stalled.
    const ignore = (): void => undefined;
    if (signal.aborted) {
      if (signal.reason instanceof StoppingError) await job.moveToWait(token).catch(ignore);
      return new WaitingError();
    }
    const infrastructure = isInfrastructureError(error);
    if (infrastructure || error instanceof RescheduleError) {
      const ms = error instanceof RescheduleError ? error.ms : this.#backoff(job);
      if (infrastructure) this.#options.onPostponed?.(job.data, error as Error);
      await job.moveToDelayed(Date.now() + ms, token).catch(ignore);
      return new DelayedError();
    }
    // BullMQ keeps the message only; code and detail are in the log of the process that ran it.
    return error instanceof SecondGlanceError && !error.retryable ? new UnrecoverableError(sentenceOf(error)) : error;
  }

  /** Doubles with each start of the job that was no failure. */
  #backoff({ attemptsStarted, attemptsMade }: Job): number {
    const [first, longest] = this.#retryMs;
    return exponentialBackoff(attemptsStarted - attemptsMade, first, longest);
  }

  /**
   * Takes no more jobs, waits up to `graceMs` for those in hand, returns the rest to the queue, and ends: within `graceMs` and two
   * seconds, even while Redis is away.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const closing = this.#worker.close().catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const after = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        timer = setTimeout(resolve, ms);
      });
    await Promise.race([closing, graceMs > 0 ? after(graceMs) : undefined]);
    clearTimeout(timer);
    for (const { controller } of this.#running.values()) controller.abort(new StoppingError('the service stops'));
    await Promise.race([closing, after(RETURN_MS)]);
    clearTimeout(timer);
  }
}
