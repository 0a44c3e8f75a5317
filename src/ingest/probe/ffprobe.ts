import type { z } from 'zod';
import { throwIfAborted } from '../errors.ts';
import { decodeFailure } from '../ffmpeg/diagnose.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { runTool } from '../ffmpeg/process.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';

/** As patient as a probe. */
const ANSWER_MS = 60_000;

/**
 * Asks ffprobe something about a source that was probed before, and checks the shape of its answer. Throws the reason
 * that ffprobe gives, or `decode-failed`; `aborted`.
 */
export async function runFfprobe<Schema extends z.ZodType>(
  source: Source,
  questions: readonly string[],
  shape: Schema,
  signal: AbortSignal,
): Promise<z.infer<Schema>> {
  const { guard, ffprobe } = await findFfmpeg();
  const { input, options } = await ffmpegInput(source);
  const answer = await runTool(
    { guard, program: ffprobe, args: ['-v', 'error', ...options, '-of', 'json', ...questions, '-i', input] },
    { signal, timeoutMs: ANSWER_MS },
  );
  throwIfAborted(signal, source.label);
  if (answer.detail.exitCode !== 0) throw decodeFailure(source.label, answer.detail);
  return shape.parse(JSON.parse(answer.stdout));
}
