import type { Micros } from '../../core/types.ts';

/** A step back by more than this is a clock that starts again; a smaller one is a careless muxer. */
export const STEP_BACK: Micros = 500_000;
/** So is a step forward by more than this: of a clock that starts again at an earlier time, ffmpeg may think that its counter ran over. */
export const STEP_FORWARD: Micros = 3_600_000_000;

/** A longer pause is a loss, where the container allows none. */
const LOSS: Micros = 10_000_000;

/** A time without packets, on the source's clock. */
export interface Pause {
  readonly from: Micros;
  readonly to: Micros;
}

/** Follows the times of a stream's packets in file order. */
export class PacketClock {
  #last: Micros | undefined;
  #duration: Micros = 0;
  #length: Micros = 0;
  /** The last packet before the clock stepped back, while only one packet came since, and the length up to there. */
  #before: { readonly last: Micros; readonly length: Micros } | undefined;
  #restarts = 0;
  #pause: Pause | null = null;

  /** False where the clock started again. */
  get continuous(): boolean {
    return this.#restarts === 0;
  }

  /** From the first packet to the end of the last one, each clock after the one before it. */
  get length(): Micros {
    return this.#length + this.#duration;
  }

  /** The longest step forward of more than {@link LOSS}. */
  get pause(): Pause | null {
    return this.#pause;
  }

  next(time: Micros, duration: Micros | null): void {
    const step = this.#last === undefined ? 0 : time - this.#last;
    const before = this.#before;
    this.#before = undefined;
    if (before !== undefined && time > before.last && time - before.last < STEP_BACK) {
      // A single packet came late, such as the last one of a PID that is not used any more.
      this.#length = before.length + time - before.last;
      this.#restarts--;
    } else if (step < -STEP_BACK || step > STEP_FORWARD) {
      this.#before = { last: this.#last ?? time, length: this.#length };
      this.#length += this.#duration;
      this.#restarts++;
    } else {
      this.#length += step;
      const longest = this.#pause === null ? LOSS : this.#pause.to - this.#pause.from;
      if (step > longest) this.#pause = { from: time - step, to: time };
    }
    this.#duration = duration ?? Math.max(0, step);
    this.#last = time;
  }
}
