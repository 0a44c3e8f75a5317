import { type Interval, joinIntervals } from '../../core/time/intervals.ts';
import { WINDOW_MICROS } from './windows.ts';

/** Speech begins at a window of this probability. */
const BEGINS = 0.5;
/** It ends where windows stay below this one for as long as {@link PAUSE}. */
const ENDS = 0.35;
/** Shorter pauses, in microseconds, belong to the speech. */
const PAUSE = 100_000;
/** Shorter speech is noise. */
const LEAST = 250_000;
/** Speech starts a little before it is heard, and ends a little after. */
const MARGIN = 30_000;

/**
 * Where there is speech, from the probability of each window in turn: `get_speech_timestamps` of Silero VAD with its defaults. Feed it window by
 * window; `end` returns the intervals, in microseconds from the first window.
 */
export class SpeechIntervals {
  readonly #intervals: Interval[] = [];
  #windows = 0;
  #since: number | undefined;
  #quiet: number | undefined;

  /** The next window. */
  add(probability: number): void {
    const at = this.#windows * WINDOW_MICROS;
    this.#windows += 1;
    if (probability >= BEGINS) {
      this.#since ??= at;
      this.#quiet = undefined;
    } else if (this.#since !== undefined && probability < ENDS) {
      this.#quiet ??= at;
      if (at - this.#quiet >= PAUSE) this.#close(this.#quiet);
    }
  }

  #close(end: number): void {
    const start = this.#since ?? end;
    if (end - start >= LEAST) this.#intervals.push({ start: Math.max(0, start - MARGIN), end: end + MARGIN });
    this.#since = undefined;
    this.#quiet = undefined;
  }

  /** All intervals, once the last window is known. */
  end(): Interval[] {
    if (this.#since !== undefined) this.#close(this.#windows * WINDOW_MICROS);
    return joinIntervals(this.#intervals);
  }
}
