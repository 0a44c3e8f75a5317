import ffmpegCommand from 'fluent-ffmpeg';
import type { FailureDetail } from '../../core/errors.ts';
import type { ImageSpec, Micros } from '../../core/types.ts';
import { abortedError, IngestError, throwIfAborted } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { type RunningTool, startTool } from '../ffmpeg/process.ts';
import type { MediaInfo } from '../probe/probe.ts';
import { microsToSeconds } from '../probe/rational.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { type FrameSelection, filterGraph } from './filters.ts';
import { FrameClock } from './frame-clock.ts';

/** No output for this long, while we wait for some, means that ffmpeg hangs. */
export const DEFAULT_STALL_MS = 30_000;
/** One retry: a hang that comes back is the file's or the server's, and will come back again. */
const ATTEMPTS = 2;
/** A frame this much past the range ends the decoding: frames of one stream are at most so far out of order. */
const PAST_THE_RANGE: Micros = 1_000_000;

/** Messages with their level, and no questions at a terminal. */
const TALK = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];

/** A decoded frame at the model's size. */
export interface Frame {
  /** The source's own time. */
  readonly pts: Micros;
  /** True where the decoder calls it a key frame. */
  readonly key: boolean;
  readonly pixels: Uint8Array;
}

/** What to decode. */
export interface DecodeRequest {
  readonly source: Source;
  readonly media: MediaInfo;
  readonly image: ImageSpec;
  readonly selection: FrameSelection;
  /** Decode key frames alone. Only for codecs where that works: {@link FrameSelection.pick} does not check. */
  readonly keysOnly: boolean;
  /** Source time to seek to; null decodes from the start. Where the seek lands after `selection.from`, it is not used. */
  readonly seek: Micros | null;
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** Hears the time of each decoded frame, handed over or not. */
  readonly onDecoded?: ((pts: Micros) => void) | undefined;
}

/** What a decoding saw, filled while it runs. */
export interface DecodeTally {
  decoded: number;
  first: Micros | null;
  last: Micros | null;
  /** Longest time between two decoded frames that follow one another. */
  longest: Micros;
  /** Decoder messages of level error, after the first frame (before it they are those of a start inside a GOP). */
  complaints: string[];
  /** How ffmpeg ended; absent while it runs. */
  detail?: FailureDetail;
}

/** An empty tally. */
export function newTally(): DecodeTally {
  return { decoded: 0, first: null, last: null, longest: 0, complaints: [] };
}

/** Thrown inside {@link decodeFrames} where a run has to be done again in another way. */
class Restart extends Error {}

/**
 * Decodes the selected frames, in the order ffmpeg gives them, as slowly as the consumer takes them: ffmpeg waits on its
 * full pipe. Each frame's time is the filter's own integer PTS. A hang is killed and tried once more from the start, past
 * what was handed over already; then `stalled` is thrown. Leaving the loop early ends ffmpeg. An ffmpeg that ends with an
 * error is no exception here: the tally tells.
 */
export async function* decodeFrames(request: DecodeRequest, tally: DecodeTally): AsyncGenerator<Frame, void, void> {
  let handedOver = 0;
  let seek = request.seek;
  for (let attempt = 1; ; ) {
    Object.assign(tally, newTally());
    try {
      let position = 0;
      for await (const frame of decodeOnce({ ...request, seek }, tally)) {
        if (position++ < handedOver) continue; // a second attempt gives the same frames again
        handedOver++;
        yield frame;
      }
      return;
    } catch (error) {
      if (error instanceof Restart) seek = null;
      else if (!(error instanceof IngestError) || error.code !== 'stalled' || attempt++ === ATTEMPTS) throw error;
    }
  }
}

async function* decodeOnce(request: DecodeRequest, tally: DecodeTally): AsyncGenerator<Frame, void, void> {
  const { source, image, signal, selection, seek } = request;
  throwIfAborted(signal, source.label);
  const tools = await findFfmpeg();
  const clock = new FrameClock();
  let late = false;
  let pastEnd = false;
  /** We closed its pipe: what ffmpeg says of that, and how it ends, tells nothing of the file. */
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
    if (!stopped && tally.decoded > 0 && tally.complaints.length < 20) tally.complaints.push(line);
  };
  const tool = startTool({
    guard: tools.guard,
    program: tools.ffmpeg,
    args: await decodeArguments(request, tools),
    onLine: (line) => {
      const kept = clock.hear(line);
      // With nothing left to come inside the range there is no reason to decode on.
      if ((late || pastEnd) && clock.waiting === 0) stop();
      return kept;
    },
  });
  const stop = (): void => {
    stopped = true;
    void tool.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  const watch = new Watchdog(tool, request, clock);
  void tool.ended.then(() => clock.end());
  const size = image.width * image.height * 3;
  let pixels = new Uint8Array(size);
  let filled = 0;
  let ranOut = false;
  try {
    for (;;) {
      const chunk = await watch.read();
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
        // A frame without a time cannot be placed: it costs itself.
        if (time !== undefined && time.pts !== null) yield { pts: time.pts, key: time.key, pixels };
        pixels = new Uint8Array(size);
        filled = 0;
      }
    }
    await tool.ended;
    if (signal.aborted) throw abortedError(source.label);
    if (late) throw new Restart();
  } finally {
    signal.removeEventListener('abort', stop);
    stopped ||= !ranOut;
    await tool.stop();
    const detail = tool.detail();
    tally.detail = stopped ? { ...detail, exitCode: 0, signal: null } : detail;
  }
}

/**
 * The ffmpeg command, built by fluent-ffmpeg. It is not run by it: its runner asks ffmpeg for its encoders first, and
 * tells neither exit code nor signal.
 */
async function decodeArguments(
  request: DecodeRequest,
  tools: Awaited<ReturnType<typeof findFfmpeg>>,
): Promise<string[]> {
  const { source, media, image, selection, keysOnly, seek } = request;
  const address = await ffmpegInput(source);
  // ffmpeg counts from the container's start. What lies before the range is dropped by the filter, on exact times.
  const seeking = seek === null ? [] : ['-noaccurate_seek', '-ss', microsToSeconds(seek - media.start)];
  // Spread arguments: fluent-ffmpeg splits the strings of an array at spaces.
  return (
    ffmpegCommand(address.input)
      .inputOptions(
        ...[...TALK, ...address.options, '-copyts', ...seeking, ...(keysOnly ? ['-skip_frame', 'nokey'] : [])],
      )
      // A frame must not wait inside ffmpeg for the next one, which may be minutes away: no parallel encoding (of raw
      // pixels!), which holds back a frame per core, and no output buffer.
      .outputOptions(...['-map', `0:${media.stream}`, ...tools.passthrough, '-threads', '1', '-flush_packets', '1'])
      .videoFilters(filterGraph(media, image, selection, tools.hasFilter('zscale')).join(','))
      .format('rawvideo')
      .output('pipe:1')
      ._getArguments()
  );
}

/** Reads stdout chunk by chunk, and kills the process where neither pipe says anything while we wait. */
class Watchdog {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly tool: RunningTool;
  private readonly request: DecodeRequest;
  private readonly clock: FrameClock;

  constructor(tool: RunningTool, request: DecodeRequest, clock: FrameClock) {
    this.tool = tool;
    this.request = request;
    this.clock = clock;
    this.chunks = tool.stdout[Symbol.asyncIterator]();
  }

  /** The next chunk; null at the end. The time that the consumer takes between two calls does not count. */
  async read(): Promise<Buffer | null> {
    const asked = performance.now();
    const { stallMs, source } = this.request;
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const check = (): void => {
        const silence = performance.now() - Math.max(asked, this.clock.heardAt);
        if (silence < stallMs) {
          timer = setTimeout(check, stallMs - silence);
          return;
        }
        reject(
          new IngestError(
            'stalled',
            `Decoding "${source.label}" gave nothing for ${stallMs / 1000} s and was ended, twice: the file or its server hangs; try again later.`,
            { detail: this.tool.detail() },
          ),
        );
        void this.tool.kill();
      };
      timer = setTimeout(check, stallMs);
    });
    try {
      const next = await Promise.race([
        this.chunks.next().catch(() => ({ done: true, value: null }) as const),
        stalled,
      ]);
      return next.done ? null : next.value;
    } finally {
      clearTimeout(timer);
    }
  }
}
