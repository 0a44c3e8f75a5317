import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import ffmpegCommand from 'fluent-ffmpeg';
import { type RunningProcess, startProcess } from '../../core/process/run-process.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { ImageSpec, Micros } from '../../core/types.ts';
import type { GuardError } from '../access/errors.ts';
import { FrameClock } from '../decode/frame-clock.ts';
import { abortedError, IngestError, throwIfAborted } from '../errors.ts';
import { diagnose, killedFailure } from '../ffmpeg/diagnose.ts';
import { type FfmpegTools, findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import type { Arrival } from './frame-times.ts';
import { type LivePick, liveFilterGraph } from './live-filters.ts';
import { type LiveInput, type LiveInputSettings, openLiveInput } from './live-input.ts';
import type { LiveSource } from './live-source.ts';

/** A frame of a live source, at the model's size. */
export interface LiveFrame {
  /** Presentation time as the stream has it; null where it has none. */
  readonly pts: Micros | null;
  /** When it was decoded. */
  readonly arrival: Arrival;
  readonly width: number;
  readonly height: number;
  /** RGB, 8 bits, `width * height * 3` bytes. */
  readonly pixels: Uint8Array;
}

/** How one connection to a source is read. */
export interface LiveReadOptions extends LiveInputSettings {
  readonly image: ImageSpec;
  readonly pick: LivePick;
  /** Decode key frames only, where the decoder can. */
  readonly keysOnly: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called for each decoded frame, handed over or not. */
  readonly onDecoded: (pts: Micros) => void;
  /** Called once the source is open and its streams are known. */
  readonly onOpened?: () => void;
}

const MESSAGES = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'];
/** A picture beyond this many pixels is not a camera's. */
const MOST_PIXELS = String(2 ** 27);

function readArguments(input: LiveInput, options: LiveReadOptions, tools: FfmpegTools): string[] {
  const { image, pick, keysOnly } = options;
  // One thread: frame threads hold back as many frames as there are threads, and with key frames only that is seconds.
  const decoder = ['-threads', '1', '-max_pixels', MOST_PIXELS, ...(keysOnly ? ['-skip_frame', 'nokey'] : [])];
  return ffmpegCommand(input.input)
    .inputOptions(...[...MESSAGES, ...input.options, '-copyts', ...decoder])
    .outputOptions(...['-map', '0:v:0', ...tools.passthrough, '-threads', '1', '-flush_packets', '1'])
    .videoFilters(liveFilterGraph(image, pick).join(','))
    .format('rawvideo')
    .output('pipe:1')
    ._getArguments();
}

/** Reads whole frames from a pipe. */
class FrameBytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(process: RunningProcess) {
    this.#chunks = process.stdout[Symbol.asyncIterator]();
  }

  /** The next `size` bytes; undefined where the pipe ends before. */
  async take(size: number): Promise<Uint8Array | undefined> {
    const taken = new Uint8Array(size);
    let filled = 0;
    for (;;) {
      const part = this.#rest.subarray(0, size - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (filled === size) return taken;
      // A pipe that `stop` closed ends like one that was read to its end.
      const next = await this.#chunks.next().catch(() => ({ done: true, value: undefined }) as const);
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
  }
}

/** The error of a connection that ended with an error. */
function failureOf(
  { label, address }: LiveSource,
  input: LiveInput,
  process: RunningProcess,
): IngestError | GuardError {
  const said = process.detail();
  // ffmpeg's messages name the address.
  const detail = { ...said, stderr: (said.stderr ?? []).map((line) => line.replaceAll(address, label)) };
  const cause = process.cause();
  return (
    input.failure() ??
    killedFailure(label, detail, cause) ??
    diagnose(label, detail, cause) ??
    new IngestError(
      'stream-unreadable',
      `"${label}" sends nothing that ffmpeg can decode: check that it is a video stream; --verbose shows the messages.`,
      { detail, cause },
    )
  );
}

/**
 * Connects to a source and decodes the chosen frames as they come. Reading must not pause for long: ffmpeg waits on its full pipe, and the
 * source then loses data. Ends where the connection does: `ended` says that the source itself has come to its end. Leaving the loop, or the
 * signal, ends ffmpeg. A source that sends nothing is the caller's to leave.
 * @throws IngestError where the source cannot be opened or read; a GuardError where it may not be
 */
export async function* readLiveFrames(
  source: LiveSource,
  options: LiveReadOptions,
): AsyncGenerator<LiveFrame, 'ended' | 'closed', void> {
  const { clock, signal } = options;
  throwIfAborted(signal, source.label);
  const tools = await findFfmpeg();
  const input = await openLiveInput(source, options);
  const times = new FrameClock();
  times.onDecoded = options.onDecoded;
  let process: RunningProcess | undefined;
  try {
    process = await startProcess({
      program: tools.ffmpeg,
      args: readArguments(input, options, tools),
      env: input.env,
      writes: input.stdin !== undefined,
      signal,
      onStderrLine: (line) => {
        if (/\bInput #0,/.test(line)) options.onOpened?.();
        return times.hear(line);
      },
    });
    void process.ended.then(() => times.end());
    // An ffmpeg that ends at once closes the pipe; its own messages say why.
    if (process.stdin !== null && input.stdin !== undefined) {
      void pipeline(Readable.from(input.stdin), process.stdin).catch(() => undefined);
    }
    const bytes = new FrameBytes(process);
    for (;;) {
      const time = await times.next();
      if (time === undefined) break;
      const { pts, width, height } = time;
      const arrival = { now: clock.now(), elapsed: clock.elapsed() };
      const pixels = await bytes.take(width * height * 3);
      if (pixels === undefined) break;
      yield { pts, arrival, width, height, pixels };
    }
    await process.ended;
    if (signal.aborted) throw abortedError(source.label);
    if (process.detail().exitCode !== 0) throw failureOf(source, input, process);
    return input.hasEnded() ? 'ended' : 'closed';
  } finally {
    await process?.stop();
    input.close();
  }
}
