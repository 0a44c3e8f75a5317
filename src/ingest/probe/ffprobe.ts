import type { z } from 'zod';
import type { FailureDetail } from '../../core/errors.ts';
import { runProcess } from '../../core/process/run-process.ts';
import { IngestError, throwIfAborted } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { readFailure } from '../ffmpeg/machine-failure.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';

/** Long enough for a slow disk, short enough for a server that never answers. */
export const PROBE_TIMEOUT_MS = 60_000;

/** The error of an ffprobe that was stopped at its time limit. */
export function timedOut(label: string, detail: FailureDetail): IngestError {
  return new IngestError('timed-out', `"${label}" could not be opened in time: try again later.`, { detail });
}

/**
 * Runs ffprobe on a source that was probed before, and checks the shape of its output. Throws the reason in ffprobe's messages, or
 * `decode-failed`; `aborted`.
 */
export async function runFfprobe<Schema extends z.ZodType>(
  source: Source,
  queries: readonly string[],
  shape: Schema,
  signal: AbortSignal,
): Promise<z.infer<Schema>> {
  const { ffprobe } = await findFfmpeg();
  const { input, options, env, failure } = await ffmpegInput(source);
  const args = ['-v', 'error', ...options, '-of', 'json', ...queries, '-i', input];
  const answer = await runProcess({ program: ffprobe, args, env, signal }, PROBE_TIMEOUT_MS);
  throwIfAborted(signal, source.label);
  if (answer.timedOut) throw timedOut(source.label, answer.detail);
  if (answer.detail.exitCode !== 0) throw failure() ?? (await readFailure(source, answer.detail, answer.cause));
  return shape.parse(JSON.parse(answer.stdout));
}
