import type { FailureDetail } from '../../core/errors.ts';
import { startProcess } from '../../core/process/run-process.ts';
import { exponentialBackoff } from '../../core/time/backoff.ts';
import { sleep } from '../../core/time/sleep.ts';
import type { Micros } from '../../core/types.ts';
import { abortedError, IngestError, throwIfAborted } from '../errors.ts';
import { crashed } from '../ffmpeg/diagnose.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { canBeRead, machineFailure } from '../ffmpeg/machine-failure.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { type DecodeSettings, decodeArguments } from './decode-command.ts';
import { FrameClock } from './frame-clock.ts';
import { StallWatchdog } from './stall-watchdog.ts';

/** No frame for this long, while we wait for some, means that ffmpeg hangs. */
export const DEFAULT_STALL_MS = 30_000;
/** One retry: a hang that repeats is the file's or the server's and will repeat again. */
const ATTEMPTS_STALLED = 2;
/** Attempts at a decoding that something killed or whose input went away, and the pause after the first one, doubled after each further one. */
const ATTEMPTS_KILLED = 4;
const KILLED_PAUSE_MS = 250;
/** A frame this much past the range ends the decoding: frames of one stream are never further out of order. */
const PAST_THE_RANGE: Micros = 1_000_000;
/** How many decoder messages a tally keeps. */
const KEPT_COMPLAINTS = 20;

/** ffmpeg's warnings about a packet that is incomplete. */
const INCOMPLETE = /Packet corrupt|corrupt input packet/;

/** ffmpeg's warnings about segments of a playlist that it leaves out: they cannot be read, or are gone from a live one. */
const LEFT_OUT = /Failed to open (segment \d+ of playlist \d+)|(skipping \d+ segments? ahead)/;

/** A decoded frame at the model's size. */
export interface Frame {
  /** The source's own time. */
  readonly pts: Micros;
  /** True where the decoder calls it a key frame. */
  readonly key: boolean;
  readonly pixels: Uint8Array;
  /** Time of the frame that was decoded before it, handed over or not; absent for the first one. */
  readonly before?: Micros;
  /** Present where all frames around it were looked at, and a scene begins with it. */
  readonly cut?: true;
  /** Present where frames come more densely than before for another reason than their content: the mean distance so far. */
  readonly spacing?: Micros;
}

/** What to decode, and how. Where a seek lands after `selection.from`, decoding starts again without it. */
export interface DecodeRequest extends DecodeSettings {
  readonly source: Source;
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** Called with the time of each decoded frame, handed over or not. */
  readonly onDecoded?: ((pts: Micros) => void) | undefined;
}

/** Statistics of one decoding, filled while it runs. */
export interface DecodeTally {
  decoded: number;
  first: Micros | null;
  last: Micros | null;
  /** The last one before the end of the range. */
  lastInRange: Micros | null;
  /** Longest time between two consecutive frames; 0 where only key frames were decoded. */
  longest: Micros;
  /** Decoder messages of level error after the first frame. (Before it, they come from a start inside a GOP.) */
  complaints: string[];
  /** The last frame before the last complaint about a packet that is incomplete. */
  corruptAt: Micros | null;
  /** Segments of a playlist that were left out, as ffmpeg names them. */
  leftOut: ReadonlySet<string>;
  /** How ffmpeg ended; absent while it runs. */
  detail?: FailureDetail;
}

/** An empty tally. */
export function newTally(): DecodeTally {
  const times = { first: null, last: null, lastInRange: null, longest: 0 };
  return { ...times, decoded: 0, complaints: [], corruptAt: null, leftOut: new Set() };
}

/** Thrown inside {@link decodeFrames} where a seek landed too late. */
class LateSeekError extends Error {}

/**
 * Decodes the selected frames, in ffmpeg's order, at the consumer's pace: ffmpeg waits on its full pipe. Each frame's time is the filter's own
 * integer PTS. An ffmpeg that hangs is killed and started once more, past the frames that were handed over; then `stalled` is thrown. One that
 * something else killed, or whose file could not be read, is started again in the same way, until `decoder-killed` or `input-away` is thrown. Leaving the loop early ends ffmpeg. An ffmpeg that
 * exits with an error, or that crashes again, does not throw: the tally has its exit code and messages.
 */
export async function* decodeFrames(request: DecodeRequest, tally: DecodeTally): AsyncGenerator<Frame, void, void> {
  let handedOver = 0;
  let seek = request.seek;
  let stalled = 0;
  let killed = 0;
  for (;;) {
    Object.assign(tally, newTally());
    try {
      let position = 0;
      for await (const frame of decodeOnce({ ...request, seek }, tally)) {
        if (position++ < handedOver) continue; // a second attempt decodes the same frames again
        handedOver++;
        yield frame;
      }
      return;
    } catch (error) {
      if (error instanceof LateSeekError) seek = null;
      else if (!(error instanceof IngestError)) throw error;
      else if (error.code === 'stalled') {
        if (++stalled === ATTEMPTS_STALLED) throw error;
      } else if (error.code === 'decoder-killed' || error.code === 'input-away') {
        killed++;
        if (killed > 1 && crashed(error.detail)) return;
        if (killed === ATTEMPTS_KILLED) {
          // A file that is there, and fails at the same place again and again, is on a damaged disk.
          if (error.code === 'input-away' && (await canBeRead(request.source))) return;
          throw error;
        }
        // An abort ends the pause; the next attempt throws `aborted`.
        await sleep(exponentialBackoff(killed, KILLED_PAUSE_MS, 8 * KILLED_PAUSE_MS), request.signal).catch(() => {});
      } else throw error;
    }
  }
}

async function* decodeOnce(request: DecodeRequest, tally: DecodeTally): AsyncGenerator<Frame, void, void> {
  const { source, image, signal, selection, seek, stallMs } = request;
  throwIfAborted(signal, source.label);
  const tools = await findFfmpeg();
  const address = await ffmpegInput(source, request.media.container);
  const clock = new FrameClock();
  let late = false;
  let pastEnd = false;
  /** We closed ffmpeg's pipe: its messages about that, and its exit code, say nothing about the file. */
  let stopped = false;
  clock.onDecoded = (pts) => {
    if (tally.last !== null) {
      if (!request.keysOnly) tally.longest = Math.max(tally.longest, pts - tally.last);
    } else if (seek !== null && selection.from !== null && pts > selection.from) {
      late = true;
    }
    tally.first ??= pts;
    tally.last = Math.max(pts, tally.last ?? pts);
    tally.decoded++;
    if (selection.to === null || pts < selection.to) tally.lastInRange = Math.max(pts, tally.lastInRange ?? pts);
    if (selection.to !== null && pts >= selection.to + PAST_THE_RANGE) pastEnd = true;
    request.onDecoded?.(pts);
  };
  clock.onComplaint = (line) => {
    const [, segment, several] = LEFT_OUT.exec(line) ?? [];
    const leftOut = segment ?? several;
    if (leftOut !== undefined && !stopped)
      tally.leftOut = new Set([...tally.leftOut, leftOut].slice(0, KEPT_COMPLAINTS));
    if (leftOut !== undefined || stopped || tally.decoded === 0) return;
    // Where transport streams were joined, packets seem incomplete that are not; what is missing shows in the decoder's own messages.
    if (INCOMPLETE.test(line)) tally.corruptAt = tally.last;
    else if (tally.complaints.length < KEPT_COMPLAINTS) tally.complaints.push(line);
  };
  const ffmpeg = await startProcess({
    program: tools.ffmpeg,
    args: decodeArguments(address, request, tools),
    env: address.env,
    signal,
    onStderrLine: (line) => {
      const isMessage = clock.hear(line);
      // With no frame of the range left to come there is no reason to decode on.
      if ((late || pastEnd) && clock.waiting === 0) {
        stopped = true;
        void ffmpeg.stop();
      }
      return isMessage;
    },
  });
  const watchdog = new StallWatchdog({
    process: ffmpeg,
    lastFrameAt: () => clock.decodedAt,
    stallMs,
    label: source.label,
  });
  void ffmpeg.ended.then(() => clock.end());
  const size = image.width * image.height * 3;
  let pixels = new Uint8Array(size);
  let filled = 0;
  let shown = Number.NEGATIVE_INFINITY;
  let ranOut = false;
  try {
    for (;;) {
      const chunk = await watchdog.read();
      throwIfAborted(signal, source.label);
      if (chunk === null) {
        ranOut = true;
        break;
      }
      for (let offset = 0; offset < chunk.length; ) {
        const part = chunk.subarray(offset, offset + size - filled);
        pixels.set(part, filled);
        offset += part.length;
        filled += part.length;
        if (filled < size) continue;
        const time = await clock.next();
        if (late) break;
        // A frame without a time cannot be placed on a track, and one that comes late would turn it back: they are dropped.
        if (time !== undefined && time.pts !== null && time.pts > shown) {
          shown = time.pts;
          const before = time.before === null ? {} : { before: time.before };
          yield { pts: time.pts, key: time.key, pixels, ...before };
        }
        pixels = new Uint8Array(size);
        filled = 0;
      }
    }
    await ffmpeg.ended;
    if (signal.aborted) throw abortedError(source.label);
    // After the place where the seek landed there may be no frame at which decoding can begin.
    if (late || (seek !== null && tally.decoded === 0 && !stopped)) throw new LateSeekError();
    const killed = stopped ? undefined : await machineFailure(source, ffmpeg.detail(), ffmpeg.cause());
    if (killed !== undefined) throw killed;
  } finally {
    stopped ||= !ranOut;
    await ffmpeg.stop();
    const detail = ffmpeg.detail();
    tally.detail = stopped ? { ...detail, exitCode: 0, signal: null } : detail;
  }
}
