import type { Clock } from '../../core/time/clock.ts';
import type { LiveFrame } from './read-live-frames.ts';

/** Frames of a connection, and how it ended. */
type Frames = AsyncGenerator<LiveFrame, 'ended' | 'closed', void>;

/** After so long (milliseconds) without a further frame, the last one was the newest of the backlog. */
const QUIET_MS = 500;
/** What still comes faster than it is shown after this time (milliseconds) is no stock: a server sends a film, say. */
const LONGEST_MS = 10_000;

/** True where the source sends no faster than it is shown: the backlog has been sent. */
function keepsPace(before: LiveFrame, next: LiveFrame): boolean {
  if (before.pts === null || next.pts === null) return true;
  const passed = 1000 * (next.arrival.elapsed - before.arrival.elapsed);
  return passed >= (next.pts - before.pts) / 2;
}

/**
 * Leaves out the backlog that a source sends when it is connected, except for the newest frame: the end of a file, a segment of HLS, the
 * pictures that a server keeps. They come at once, and were shown before.
 */
export async function* newestInStock(frames: Frames, clock: Clock): Frames {
  const first = await frames.next();
  if (first.done === true) return first.value;
  for (let newest = first.value; ; ) {
    const pending = frames.next();
    // It may fail while nothing waits for it; what comes next fails, too.
    pending.catch(() => undefined);
    const timer = new AbortController();
    const quiet = clock.sleep(QUIET_MS, timer.signal).catch(() => undefined);
    const early = await Promise.race([pending, quiet]).finally(() => timer.abort());
    const waited = newest.arrival.elapsed - first.value.arrival.elapsed;
    if (early?.done === false && waited < LONGEST_MS && !keepsPace(newest, early.value)) {
      newest = early.value;
      continue;
    }
    yield newest;
    const next = early ?? (await pending);
    if (next.done === true) return next.value;
    yield next.value;
    return yield* frames;
  }
}
