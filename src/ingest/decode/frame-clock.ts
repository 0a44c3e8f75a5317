import type { Micros } from '../../core/types.ts';
import { parseRational, type Rational, ticksToMicros } from '../probe/rational.ts';

/** One frame in the output of ffmpeg's `showinfo`. */
export interface FrameTime {
  /** Null where the frame has no time. */
  readonly pts: Micros | null;
  readonly key: boolean;
  /** Time of the frame that was decoded before it, picked or not. */
  readonly before: Micros | null;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

const LINE = /^\[showinfo@(all|out) @ [^\]]+\] (?:\[\w+\] )?(.*)$/;
const FRAME = /^n: *\d+ pts: *(-?\d+|NOPTS) .*? s:(\d+)x(\d+) .*?iskey:(\d)/;
const TIME_BASE = /^config in time_base: (\d+\/\d+)/;
/** Messages that matter: errors, packets that ended too early, streams that begin after the others, and segments that are left out. */
const COMPLAINT =
  /\[(?:error|fatal|panic)\]|Packet corrupt|corrupt input packet|New video stream|Failed to open segment|expired from playlist/;

/**
 * Reads the exact time of every frame from ffmpeg's stderr. A frame's line is written before the frame itself, so lines and frames pair by
 * order; ffmpeg waits on its full pipe, so the queue of lines stays short.
 */
export class FrameClock {
  /** Called for every decoded frame, in decoder order. */
  onDecoded: (pts: Micros) => void = () => {};
  /** Called for every message of level error, and for warnings that something is missing. */
  onComplaint: (line: string) => void = () => {};
  /** When the last frame was decoded, on the clock of `performance.now()`. Other messages are no progress: a server may be asked for ever. */
  decodedAt = performance.now();

  private readonly bases: { all: Rational | null; out: Rational | null } = { all: null, out: null };
  private readonly queue: FrameTime[] = [];
  private before: Micros | null = null;
  private latest: Micros | null = null;
  private wake: (() => void) | undefined;
  private ended = false;

  /** Output frames whose time is known and not taken yet. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Processes one line of stderr. Returns false for data, true for a message. */
  hear(line: string): boolean {
    const [, which, text = ''] = LINE.exec(line) ?? [];
    if (which !== 'all' && which !== 'out') {
      if (COMPLAINT.test(line)) this.onComplaint(line);
      return true;
    }
    const base = parseRational(TIME_BASE.exec(text)?.[1]);
    if (base !== null) this.bases[which] = base;
    const [, ticks, width, height, key] = FRAME.exec(text) ?? [];
    if (ticks === undefined) return false;
    this.decodedAt = performance.now();
    const unit = this.bases[which];
    const pts = ticks === 'NOPTS' || unit === null ? null : ticksToMicros(BigInt(ticks), unit);
    if (which === 'all') {
      if (pts === null) return false;
      this.before = this.latest;
      this.latest = pts;
      this.onDecoded(pts);
    } else {
      this.queue.push({ pts, key: key === '1', before: this.before, width: Number(width), height: Number(height) });
      this.wake?.();
    }
    return false;
  }

  /** No more lines will come. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** The time of the next frame on stdout; undefined where ffmpeg ended without it. */
  async next(): Promise<FrameTime | undefined> {
    while (this.queue.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.queue.shift();
  }
}
