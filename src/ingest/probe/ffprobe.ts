import type { z } from 'zod';
import { runProcess } from '../../core/process/run-process.ts';
import { throwIfAborted } from '../errors.ts';
import { decodeFailure } from '../ffmpeg/diagnose.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';

/** The same as for a probe. */
const TIMEOUT_MS = 60_000;

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
  const answer = await runProcess({ program: ffprobe, args, env, signal }, TIMEOUT_MS);
  throwIfAborted(signal, source.label);
  if (answer.detail.exitCode !== 0) throw failure() ?? decodeFailure(source.label, answer.detail, answer.cause);
  return shape.parse(JSON.parse(answer.stdout));
}
