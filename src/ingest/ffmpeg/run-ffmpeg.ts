import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import ffmpegCommand, { type FfmpegCommand } from 'fluent-ffmpeg';
import { startProcess } from '../../core/process/run-process.ts';
import type { Micros } from '../../core/types.ts';
import { IngestError, throwIfAborted } from '../errors.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';
import { killedFailure } from './diagnose.ts';
import { findFfmpeg } from './find-ffmpeg.ts';
import { awayFailure } from './machine-failure.ts';

/** ffmpeg's messages about a stream that a container cannot hold, or a full disk. */
const REASON =
  /not supported|are supported|No space|Could not find tag|Unknown encoder|not currently supported|Invalid argument/i;

/** One run of ffmpeg that writes a file. */
export interface FfmpegJob {
  /** For the message "`doing` "the source" failed". */
  readonly doing: string;
  /** What the user can do if it fails. */
  readonly advice: string;
  /** Options of the source, such as a start time. */
  readonly inputOptions?: readonly string[];
  /** Where ffmpeg runs, for outputs with relative names. Default: the working directory. */
  readonly folder?: string;
  /** Adds further inputs, output options and the output to a command that has the source as its first input. */
  readonly build: (command: FfmpegCommand) => FfmpegCommand;
  /** Checks each stderr line, warnings included: an error that it returns ends ffmpeg and is thrown. */
  readonly failOn?: (line: string) => IngestError | undefined;
  /** Hears about twice a second how far the output is, and at its end. The output must not be stdout. */
  readonly onTime?: (time: Micros) => void;
}

/** Has ffmpeg report its progress on stdout. */
const REPORT = ['-progress', 'pipe:1', '-stats_period', '0.5'];

/** Reads ffmpeg's reports: lines of `key=value`, with the time of the output in microseconds, or `N/A` before its first packet. */
function readReports(stdout: Readable, onTime: (time: Micros) => void): void {
  createInterface({ input: stdout }).on('line', (line) => {
    const [, time] = /^out_time_us=(\d+)$/.exec(line) ?? [];
    if (time !== undefined) onTime(Number(time));
  });
}

/** Runs ffmpeg on a source, without a time limit. Throws `write-failed`, `decoder-killed`, `input-away`, `aborted`. */
export async function runFfmpeg(source: Source, job: FfmpegJob, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal, source.label);
  const { ffmpeg } = await findFfmpeg();
  const { input, options, env, failure: readFailure } = await ffmpegInput(source);
  const { doing, advice, inputOptions = [], folder, build, failOn, onTime } = job;
  let failure: IngestError | undefined;
  const common = ['-hide_banner', '-nostdin', '-nostats', '-v', failOn === undefined ? 'error' : 'warning', '-y'];
  if (onTime !== undefined) common.push(...REPORT);
  // Spread arguments: fluent-ffmpeg splits the strings of an array at spaces.
  const command = build(ffmpegCommand(input).inputOptions(...[...common, ...options, ...inputOptions]));
  const running = await startProcess({
    program: ffmpeg,
    args: command._getArguments(),
    env,
    ...(folder === undefined ? {} : { folder }),
    signal,
    onStderrLine: (line) => {
      failure ??= failOn?.(line);
      if (failure !== undefined) void running.stop();
      return true;
    },
  });
  if (onTime === undefined) running.stdout.resume();
  else readReports(running.stdout, onTime);
  await running.ended;
  throwIfAborted(signal, source.label);
  if (failure !== undefined) throw failure;
  const detail = running.detail();
  if (detail.exitCode === 0) return;
  // Its messages may be about the output.
  const away = await awayFailure(source, { ...detail, stderr: [] });
  const machine = killedFailure(source.label, detail, running.cause()) ?? away;
  if (machine !== undefined) throw machine;
  const unread = readFailure();
  if (unread !== undefined) throw unread;
  const said = detail.stderr?.find((line) => REASON.test(line)) ?? detail.stderr?.at(-1);
  const reason = said === undefined ? '' : ` (${said.replace(/^\[[^\]]*\]\s*/, '').trim()})`;
  throw new IngestError('write-failed', `${doing} "${source.label}" failed${reason}: ${advice}`, {
    detail,
    cause: running.cause(),
  });
}
