import { SecondGlanceError, sentenceOf } from '../core/errors.ts';
import { hideSecrets } from '../core/text/secrets.ts';
import { exponentialBackoff } from '../core/time/backoff.ts';
import type { Clock } from '../core/time/clock.ts';
import type { EventMark, ImageSpec, Micros } from '../core/types.ts';
import { IngestError } from '../ingest/errors.ts';
import { watchFollowedFile } from '../ingest/live/followed-file.ts';
import { type FrameMoment, FrameTimes } from '../ingest/live/frame-times.ts';
import type { LiveInputSettings } from '../ingest/live/live-input.ts';
import { type LiveSelector, livePick, liveSelector } from '../ingest/live/live-selector.ts';
import type { LiveSource } from '../ingest/live/live-source.ts';
import { newestInStock } from '../ingest/live/newest-in-stock.ts';
import { type LiveFrame, readLiveFrames } from '../ingest/live/read-live-frames.ts';
import type { FrameChoice } from '../ingest/selectors/registry.ts';
import { isPlaylist } from '../ingest/sources/ffmpeg-input.ts';
import type { ConnectionState, StateChange } from './live-event.ts';
import type { LiveTimings } from './live-timings.ts';
import type { Look } from './look-scheduler.ts';

/** Key frames further apart (microseconds) are not enough: all frames are decoded then, and one a second is looked at. */
const SPARSE_KEYS: Micros = 2_500_000;
/** Sparse gaps in a row that count. */
const SPARSE_GAPS = 2;

/** A frame that is to be captioned. */
export interface LiveLook extends Look {
  readonly frame: LiveFrame;
  readonly moment: FrameMoment;
  /** Where events are asked for. Its start is on the clock of {@link FrameMoment.at}, in microseconds. */
  readonly event?: EventMark;
}

/** What a source is read with. */
export interface ReaderContext extends LiveInputSettings {
  readonly image: ImageSpec;
  readonly choice: FrameChoice;
  /** Frames are marked with the events that they belong to. */
  readonly events: boolean;
  readonly clock: Clock;
  readonly timings: LiveTimings;
  readonly signal: AbortSignal;
  /** The newest frame that is to be captioned. */
  offer(look: LiveLook): void;
  /** A frame, shown at `at`, was left out because the picture had not changed. */
  still(at: number): void;
  /** Resolves when all frames that were offered have been captioned. */
  settled(): Promise<void>;
  /** `shownUntil`: when the last picture was shown, where the source is no longer live. */
  change(event: StateChange, shownUntil: number): void;
}

type StateDetails = Pick<StateChange, 'reason' | 'code' | 'retryAt'>;

/** Why a connection is left that has not failed. */
class ReconnectError extends Error {}

/** Reads one source, and connects again for as long as it makes sense. */
export class SourceReader {
  readonly #source: LiveSource;
  readonly #context: ReaderContext;
  readonly #times = new FrameTimes();
  readonly #everyFrame: boolean;
  #state: ConnectionState = 'connecting';
  #since: number;
  #selector: { readonly width: number; readonly height: number; readonly of: LiveSelector } | undefined;
  /** Key frames alone come too rarely. */
  #sparse = false;
  #shownUntil: number;
  #wasLive = false;
  #streamClock: { readonly session: number; readonly zero: Micros; last: Micros } | undefined;

  constructor(source: LiveSource, context: ReaderContext) {
    this.#source = source;
    this.#context = context;
    this.#everyFrame = livePick(context.choice, context.events).everyFrame;
    this.#since = context.clock.now();
    this.#shownUntil = this.#since;
  }

  /** Reads until the source ends, fails for good, or the signal aborts. Does not throw for what the source does. */
  async run(): Promise<'ended' | 'failed' | 'aborted'> {
    const { clock, timings, signal } = this.#context;
    this.#report();
    for (let failures = 0; !signal.aborted; ) {
      const began = clock.elapsed();
      let failure: unknown;
      try {
        const end = await this.#connect();
        if (end === 'ended') {
          await this.#leave('ended');
          return 'ended';
        }
        failure = new IngestError('unreachable', `"${this.#source.label}" closed the connection.`, { retryable: true });
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof ReconnectError) continue;
        failure = error;
      }
      const reason = hideSecrets(sentenceOf(failure)).replace(/\s+/g, ' ');
      const what = { reason, ...(failure instanceof SecondGlanceError ? { code: failure.code } : {}) };
      if (!this.#mayRetry(failure)) {
        await this.#leave('failed', what);
        return 'failed';
      }
      if (this.#state !== 'failed' && clock.elapsed() - began >= timings.steady) failures = 0;
      failures += 1;
      const wait = exponentialBackoff(failures, timings.firstRetry, timings.longestRetry);
      await this.#leave('failed', { ...what, retryAt: clock.now() + wait });
      await clock.sleep(wait, signal).catch(() => undefined);
    }
    return 'aborted';
  }

  /** What fails a source that has worked before may pass: a camera that starts up answers with errors of all kinds. */
  #mayRetry(error: unknown): boolean {
    if (this.#wasLive) return true;
    if (!(error instanceof SecondGlanceError)) throw error;
    const local = this.#source.kind === 'file' || this.#source.kind === 'device';
    return error.retryable || (local && error.code === 'missing-file');
  }

  async #connect(): Promise<'ended' | 'closed'> {
    const { clock, signal, timings, choice, events } = this.#context;
    const keysOnly = !this.#everyFrame && !this.#sparse;
    const ending = new AbortController();
    const onAbort = (): void => ending.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const seen = { frames: 0, at: clock.elapsed(), last: 0, gaps: 0 };
    this.#times.connect();
    const began = clock.elapsed();
    const onDecoded = (pts: Micros): void => {
      const gap = seen.frames === 0 ? 0 : pts - seen.last;
      seen.gaps = gap > SPARSE_KEYS && gap < 100 * SPARSE_KEYS ? seen.gaps + 1 : 0;
      seen.frames += 1;
      seen.at = clock.elapsed();
      seen.last = pts;
      if (this.#state !== 'live' && !ending.signal.aborted) this.#enter('live');
    };
    const onOpened = (): void => {
      // Where it was live before, the state says why it is not.
      if (this.#state !== 'connecting' || ending.signal.aborted) return;
      this.#enter('connecting', { reason: `connected, waiting for the first ${keysOnly ? 'key frame' : 'picture'}` });
    };
    const { pick } = livePick(choice, events);
    const read = readLiveFrames(this.#source, {
      ...this.#context,
      ...{ pick, keysOnly, signal: ending.signal, onDecoded, onOpened },
    });
    // A playlist is replaced with each of its segments.
    const file = this.#source.kind === 'file' && !(await isPlaylist(this.#source.address));
    const frames = file && !this.#context.follow ? read : newestInStock(read, clock);
    const replaced = file && this.#context.follow ? watchFollowedFile(this.#source.address) : undefined;
    // A file that has not grown for long is still the same file: what was read would be read again.
    const lostAfter = file ? Number.POSITIVE_INFINITY : timings.lost;
    const check = async (): Promise<void> => {
      while (!ending.signal.aborted) {
        const silence = clock.elapsed() - seen.at;
        const waited = clock.elapsed() - began;
        if (keysOnly && (seen.gaps >= SPARSE_GAPS || (seen.frames < 2 && waited >= timings.secondKey))) {
          this.#sparse = true;
          ending.abort(new ReconnectError());
        } else if ((await replaced?.()) === true) ending.abort(new ReconnectError());
        else if (silence >= (seen.frames === 0 ? timings.firstPicture : lostAfter)) {
          const message = `"${this.#source.label}" has sent no picture for ${Math.round(silence / 1000)} s.`;
          ending.abort(new IngestError('no-picture', message));
        } else if (seen.frames > 0 && silence >= timings.stalled && this.#state === 'live') {
          this.#enter('stalled', { reason: `no picture for ${Math.round(silence / 1000)} s` });
        }
        await clock.sleep(timings.check, ending.signal).catch(() => undefined);
      }
    };
    const checking = check();
    try {
      for (;;) {
        const next = await frames.next();
        if (next.done === true) return next.value;
        // Of frames without a time only those that are handed over are known.
        if (next.value.pts === null) onDecoded(seen.last);
        this.#take(next.value);
      }
    } catch (error) {
      throw ending.signal.aborted && !signal.aborted ? ending.signal.reason : error;
    } finally {
      // Where a source that was connected to sent nothing at all, the number of its key frames is not to blame.
      if (!keysOnly && seen.frames === 0) this.#sparse = false;
      ending.abort(new ReconnectError());
      signal.removeEventListener('abort', onAbort);
      await checking;
    }
  }

  #take(frame: LiveFrame): void {
    const moment = this.#times.push(frame.pts, frame.arrival);
    if (moment === undefined) return;
    this.#shownUntil = moment.at;
    const { width, height, pixels } = frame;
    if (this.#selector?.width !== width || this.#selector.height !== height) {
      const { choice, events } = this.#context;
      this.#selector = { width, height, of: liveSelector(choice, { width, height }, events) };
    }
    const time = this.#streamTime(moment);
    const { verdict, event } = this.#selector.of.push(time, pixels);
    if (verdict === 'skipped') {
      this.#context.still(moment.at);
      return;
    }
    const mark = event && { event: { ...event, start: moment.at * 1000 - (time - event.start) } };
    this.#context.offer({ frame, moment, changed: verdict === 'changed', ...mark });
  }

  /** A clock for selectors, on which frames are as far apart as they were shown; a burst has them closer together on this machine's. */
  #streamTime({ session, pts, at }: FrameMoment): Micros {
    const clock = this.#streamClock;
    if (clock?.session === session) {
      clock.last = clock.zero + pts;
      return clock.last;
    }
    const last = Math.max(at * 1000, (clock?.last ?? 0) + 1);
    this.#streamClock = { session, zero: last - pts, last };
    return last;
  }

  /** Leaves the live state, after the captions of its last frames. */
  async #leave(state: 'failed' | 'ended', more: StateDetails = {}): Promise<void> {
    await this.#context.settled();
    if (this.#context.signal.aborted) return;
    this.#enter(state, more);
  }

  #enter(state: ConnectionState, more: StateDetails = {}): void {
    if (state !== this.#state) this.#since = this.#context.clock.now();
    this.#state = state;
    if (state === 'live') this.#wasLive = true;
    this.#report(more);
  }

  #report(more: StateDetails = {}): void {
    const event = { kind: 'state', source: this.#source.name, state: this.#state, since: this.#since } as const;
    this.#context.change({ ...event, ...more }, this.#shownUntil);
  }
}
