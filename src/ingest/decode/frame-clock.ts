import type { Micros } from '../../core/types.ts';
import { parseRational, type Rational, ticksToMicros } from '../probe/rational.ts';

/** What ffmpeg's `showinfo` says of one frame. */
export interface FrameTime {
  /** Null where the stream gives the frame no time. */
  readonly pts: Micros | null;
  readonly key: boolean;
}

const LINE = /^\[showinfo@(all|out) @ [^\]]+\] (?:\[\w+\] )?(.*)$/;
const FRAME = /^n: *\d+ pts: *(-?\d+|NOPTS) .*?iskey:(\d)/;
const TIME_BASE = /^config in time_base: (\d+\/\d+)/;
const ERROR = /\[(?:error|fatal|panic)\]/;

/**
 * Listens to ffmpeg's stderr and tells the exact time of every frame. A frame's line is written before the frame itself,
 * so lines and frames pair by order; ffmpeg waits on its full pipe, so few lines ever queue up.
 */
export class FrameClock {
  /** Hears of every decoded frame, in decoder order. */
  onDecoded: (pts: Micros) => void = () => {};
  /** Hears every message of level error. */
  onComplaint: (line: string) => void = () => {};
  /** When the last line came, on the clock of `performance.now()`. */
  heardAt = performance.now();

  private readonly bases: { all: Rational | null; out: Rational | null } = { all: null, out: null };
  private readonly queue: FrameTime[] = [];
  private wake: (() => void) | undefined;
  private ended = false;

  /** Frames whose time was told and not yet asked for. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Takes in one line of stderr. False where it was data and no message. */
  hear(line: string): boolean {
    this.heardAt = performance.now();
    const [, which, text = ''] = LINE.exec(line) ?? [];
    if (which !== 'all' && which !== 'out') {
      if (ERROR.test(line)) this.onComplaint(line);
      return true;
    }
    const base = parseRational(TIME_BASE.exec(text)?.[1]);
    if (base !== null) this.bases[which] = base;
    const [, ticks, key] = FRAME.exec(text) ?? [];
    if (ticks === undefined) return false;
    const unit = this.bases[which];
    const pts = ticks === 'NOPTS' || unit === null ? null : ticksToMicros(BigInt(ticks), unit);
    if (which === 'all') {
      if (pts !== null) this.onDecoded(pts);
    } else {
      this.queue.push({ pts, key: key === '1' });
      this.wake?.();
    }
    return false;
  }

  /** No more lines will come. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** The time of the next frame on stdout; undefined where its line never came. */
  async next(): Promise<FrameTime | undefined> {
    while (this.queue.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.queue.shift();
  }
}
