/** How long `live` waits for what, in milliseconds. */
export interface LiveTimings {
  /** For the first picture of a connection. */
  readonly firstPicture: number;
  /** Without a picture for so long, a source counts as stalled. */
  readonly stalled: number;
  /** Without a picture for so long, the connection is given up. */
  readonly lost: number;
  /** For a second key frame, before all frames are decoded. */
  readonly secondKey: number;
  /** Between two checks of these. */
  readonly check: number;
  /** Before the first new attempt; doubled for each further one, up to `longestRetry`. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** A connection that lasted so long has succeeded: the next delay is the first one again. */
  readonly steady: number;
  /** Between two events that say what was left out. */
  readonly skipped: number;
  /** Between two events about a cue that has not ended. */
  readonly openCue: number;
  /** For outputs to take what is left at the end. */
  readonly ending: number;
}

/** The timings of a normal run. */
export const LIVE_TIMINGS: LiveTimings = {
  firstPicture: 20_000,
  stalled: 10_000,
  lost: 20_000,
  secondKey: 8000,
  check: 500,
  firstRetry: 1000,
  longestRetry: 60_000,
  steady: 30_000,
  skipped: 10_000,
  openCue: 5000,
  ending: 5000,
};
