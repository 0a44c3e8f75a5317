import { IngestError, throwIfAborted } from '../errors.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { findFfmpeg } from './find-ffmpeg.ts';
import { startTool } from './process.ts';

/** What ffmpeg says of a stream that does not go into a container, or of a disk without room. */
const REASON =
  /not supported|are supported|No space|Could not find tag|Unknown encoder|not currently supported|Invalid argument/i;

/** One ffmpeg that writes a video. */
export interface FfmpegJob {
  /** What is being done, as in "`doing` failed". */
  readonly doing: string;
  /** What the user can do where it fails. */
  readonly advice: string;
  /** Options of the source, such as where in it to begin. */
  readonly before?: readonly string[];
  /** All that follows the source's `-i`, the output included. */
  readonly args: readonly string[];
  /** Looks at each line on stderr, warnings too: what it answers is thrown at once. */
  readonly refuse?: (line: string) => IngestError | undefined;
}

/** Runs ffmpeg on a source to its end, however long that takes. Throws `write-failed`, `aborted`. */
export async function runFfmpeg(source: Source, rewriting: FfmpegJob, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal, source.label);
  const { guard, ffmpeg } = await findFfmpeg();
  const { input, options } = await ffmpegInput(source);
  const { doing, advice, before = [], args, refuse } = rewriting;
  let refusal: IngestError | undefined;
  const talk = ['-hide_banner', '-nostdin', '-nostats', '-v', refuse === undefined ? 'error' : 'warning', '-y'];
  const stop = (): void => void tool.stop();
  const tool = startTool({
    guard,
    program: ffmpeg,
    args: [...talk, ...options, ...before, '-i', input, ...args],
    onLine: (line) => {
      refusal ??= refuse?.(line);
      if (refusal !== undefined) stop();
      return true;
    },
  });
  tool.stdout.resume();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await tool.ended;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  throwIfAborted(signal, source.label);
  if (refusal !== undefined) throw refusal;
  const detail = tool.detail();
  if (detail.exitCode === 0) return;
  const said = detail.stderr?.find((line) => REASON.test(line)) ?? detail.stderr?.at(-1);
  const reason = said === undefined ? '' : ` (${said.replace(/^\[[^\]]*\]\s*/, '').trim()})`;
  throw new IngestError('write-failed', `${doing} "${source.label}" failed${reason}: ${advice}`, { detail });
}
