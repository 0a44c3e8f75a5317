import type { FailureDetail } from '../../core/errors.ts';
import { startProcess } from '../../core/process/run-process.ts';
import type { Micros } from '../../core/types.ts';
import { abortedError, IngestError, throwIfAborted } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { type DecodeSettings, decodeArguments } from './decode-command.ts';
import { FrameClock } from './frame-clock.ts';
import { StallWatchdog } from './stall-watchdog.ts';

/** No output for this long, while we wait for some, means that ffmpeg hangs. */
export const DEFAULT_STALL_MS = 30_000;
/** One retry: a hang that repeats is the file's or the server's and will repeat again. */
const ATTEMPTS = 2;
/** A frame this much past the range ends the decoding: frames of one stream are never further out of order. */
const PAST_THE_RANGE: Micros = 1_000_000;
/** How many decoder messages a tally keeps. */
const KEPT_COMPLAINTS = 20;

/** A decoded frame at the model's size. */
export interface Frame {
  /** The source's own time. */
  readonly pts: Micros;
  /** True where the decoder calls it a key frame. */
  readonly key: boolean;
  readonly pixels: Uint8Array;
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
  /** Longest time between two consecutive decoded frames. */
  longest: Micros;
  /** Decoder messages of level error after the first frame. (Before it, they come from a start inside a GOP.) */
  complaints: string[];
  /** How ffmpeg ended; absent while it runs. */
  detail?: FailureDetail;
}

/** An empty tally. */
export function newTally(): DecodeTally {
  return { decoded: 0, first: null, last: null, longest: 0, complaints: [] };
}

/** Thrown inside {@link decodeFrames} where a seek landed too late. */
class LateSeekError extends Error {}

/**
 * Decodes the selected frames, in ffmpeg's order, at the consumer's pace: ffmpeg waits on its full pipe. Each frame's time is the filter's own
 * integer PTS. An ffmpeg that hangs is killed and started once more, past the frames that were handed over; then `stalled` is thrown. Leaving
 * the loop early ends ffmpeg. An ffmpeg that exits with an error does not throw: the tally has its exit code and messages.
 */
export async function* decodeFrames(request: DecodeRequest, tally: DecodeTally): AsyncGenerator<Frame, void, void> {
  let handedOver = 0;
  let seek = request.seek;
  for (let attempt = 1; ; ) {
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
      else if (!(error instanceof IngestError) || error.code !== 'stalled' || attempt++ === ATTEMPTS) throw error;
    }
  }
}

async function* decodeOnce(request: DecodeRequest, tally: DecodeTally): AsyncGenerator<Frame, void, void> {
  const { source, image, signal, selection, seek, stallMs } = request;
  throwIfAborted(signal, source.label);
  const tools = await findFfmpeg();
  const address = await ffmpegInput(source);
  const clock = new FrameClock();
  let late = false;
  let pastEnd = false;
  /** We closed ffmpeg's pipe: its messages about that, and its exit code, say nothing about the file. */
  let stopped = false;
  clock.onDecoded = (pts) => {
    if (tally.last !== null) tally.longest = Math.max(tally.longest, pts - tally.last);
    else if (seek !== null && selection.from !== null && pts > selection.from) late = true;
    tally.first ??= pts;
    tally.last = pts;
    tally.decoded++;
    if (selection.to !== null && pts >= selection.to + PAST_THE_RANGE) pastEnd = true;
    request.onDecoded?.(pts);
  };
  clock.onComplaint = (line) => {
    if (!stopped && tally.decoded > 0 && tally.complaints.length < KEPT_COMPLAINTS) tally.complaints.push(line);
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
    lastLineAt: () => clock.heardAt,
    stallMs,
    label: source.label,
  });
  void ffmpeg.ended.then(() => clock.end());
  const size = image.width * image.height * 3;
  let pixels = new Uint8Array(size);
  let filled = 0;
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
        // A frame without a time cannot be placed on a track: it is dropped.
        if (time !== undefined && time.pts !== null) yield { pts: time.pts, key: time.key, pixels };
        pixels = new Uint8Array(size);
        filled = 0;
      }
    }
    await ffmpeg.ended;
    if (signal.aborted) throw abortedError(source.label);
    if (late) throw new LateSeekError();
  } finally {
    stopped ||= !ranOut;
    await ffmpeg.stop();
    const detail = ffmpeg.detail();
    tally.detail = stopped ? { ...detail, exitCode: 0, signal: null } : detail;
  }
}
