/** How often `watch` does what, in milliseconds. */
export interface WatchTimings {
  /** Between two scans of the folders while nothing is to be done. */
  readonly poll: number;
  /** Between two scans while recordings are being captioned. */
  readonly rescan: number;
  /** Between two checks whether the window has closed. */
  readonly clock: number;
  /** Before work starts again after a failure of the environment. */
  readonly blocked: number;
  /** Between two prunings of journals and index. */
  readonly prune: number;
  /** Before the first retry of a recording; doubled for every further one, up to `longestRetry`. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** Before the second attempt of `--once` at delivering messages; doubled for the third. */
  readonly redeliver: number;
}

/** The timings of a normal run. */
export const WATCH_TIMINGS: WatchTimings = {
  poll: 10_000,
  rescan: 60_000,
  clock: 1000,
  blocked: 60_000,
  prune: 3_600_000,
  firstRetry: 60_000,
  longestRetry: 1_800_000,
  redeliver: 6000,
};
