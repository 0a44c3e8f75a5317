/** Every period of the queue, in milliseconds. */
export interface QueueTimings {
  /** A job is locked for so long after its worker last renewed the lock. */
  readonly lockMs: number;
  /** How often jobs are looked for whose lock has expired; such a job goes on within `lockMs` and two of these. */
  readonly stalledCheckMs: number;
  /** How long an idle worker blocks in Redis before it asks again. */
  readonly idleMs: number;
  /** Backoff after the model failed on a group. */
  readonly groupRetryMs: number;
  /** Backoff after decoding or writing failed; doubles. */
  readonly videoRetryMs: number;
  /** Backoff after an infrastructure error: at first, and at most. */
  readonly infrastructureRetryMs: readonly [first: number, longest: number];
  /** One service reconciles the queues in this period. */
  readonly reconcileMs: number;
  /** A group in flight without a job is left alone for so long: its job may be on its way. */
  readonly orphanMs: number;
  /** A decoder waits so long for a worker that has the model. */
  readonly noWorkerMs: number;
  /** A video is parked for so long. */
  readonly parkMs: number;
}

/** The timings of services. */
export const DEFAULT_TIMINGS: QueueTimings = {
  lockMs: 4000,
  stalledCheckMs: 1500,
  idleMs: 2000,
  groupRetryMs: 500,
  videoRetryMs: 1000,
  infrastructureRetryMs: [1000, 15_000],
  reconcileMs: 4000,
  orphanMs: 500,
  noWorkerMs: 30_000,
  parkMs: 60_000,
};
