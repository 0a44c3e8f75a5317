import type { Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';

/** A frame that stays for longer is selected from again, as it would be in a film at a constant rate. */
const HELD: Micros = 10_000_000;
/** Time between two repetitions: that between two samples of such a film. */
const STEP: Micros = 1_000_000;

/** How frames that stay are repeated. */
export interface Holding {
  /** Repetitions lie on the grid of this interval from the first frame on; null repeats once a second. */
  readonly interval: Micros | null;
  /** Decodes the frame at exactly this time. */
  readonly frameOf: (pts: Micros) => Promise<Frame | undefined>;
  /** After the last frame: when the last frame before the end was decoded, and where it ends. */
  readonly end: () => { readonly last: Micros | null; readonly until: Micros };
}

/**
 * Repeats frames that stay for longer than {@link HELD}, with the times at which they are shown: slides and screen recordings have minutes between
 * two frames, and the last frame may last as long. A frame that stays is handed over even where it was not picked.
 */
export async function* withHeldFrames(frames: AsyncIterable<Frame>, holding: Holding): AsyncGenerator<Frame> {
  const { interval, frameOf } = holding;
  let first: Micros | undefined;
  let last: Frame | undefined;
  const hold = async function* (from: Micros, until: Micros): AsyncGenerator<Frame> {
    if (until - from <= HELD || last === undefined || first === undefined) return;
    const held = last.pts === from ? last : await frameOf(from);
    if (held === undefined) return;
    if (interval === null && held !== last) yield held;
    const step = stepOf(interval);
    const begin = interval === null ? from + STEP : first + (Math.floor((from - first) / interval) + 1) * interval;
    for (let pts = begin; pts < until; pts += step) yield { pts, key: false, pixels: held.pixels };
  };
  for await (const frame of frames) {
    first ??= frame.pts;
    // The slot of a frame that was picked is its own.
    const slot = interval === null ? frame.pts : first + Math.floor((frame.pts - first) / interval) * interval;
    if (frame.before !== undefined) yield* hold(frame.before, slot);
    yield frame;
    last = frame;
  }
  const { last: from, until } = holding.end();
  if (from !== null) yield* hold(from, until);
}

/** How the start of a range is filled. */
export interface RangeStart extends Pick<Holding, 'interval'> {
  readonly from: Micros;
  /** Decodes the frame that a player shows at `from`. */
  readonly shown: () => Promise<Frame | undefined>;
  /** Where the range ends, known after the last frame. */
  readonly end: () => Micros;
}

/** Puts the frame that is shown at the start of a range before the frames of the range, where it stays for long or the range has no other. */
export async function* withFrameAtStart(frames: AsyncIterable<Frame>, range: RangeStart): AsyncGenerator<Frame> {
  const { from, interval, shown } = range;
  const step = stepOf(interval);
  const hold = async function* (until: Micros): AsyncGenerator<Frame> {
    const held = await shown();
    if (held === undefined) return;
    for (let pts = from; pts < until; pts += step) yield { pts, key: false, pixels: held.pixels };
  };
  let begun = false;
  for await (const frame of frames) {
    if (!begun && frame.pts - from > HELD) yield* hold(frame.pts);
    begun = true;
    yield frame;
  }
  const end = range.end();
  if (!begun && end > from) yield* hold(end);
}

function stepOf(interval: Micros | null): Micros {
  return interval === null ? STEP : Math.ceil(STEP / interval) * interval;
}
