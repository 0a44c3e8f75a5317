import ffmpegCommand from 'fluent-ffmpeg';
import { z } from 'zod';
import { startProcess } from '../../core/process/run-process.ts';
import { throwIfAborted } from '../errors.ts';
import { findFfmpeg } from '../ffmpeg/find-ffmpeg.ts';
import { machineFailure, readFailure } from '../ffmpeg/machine-failure.ts';
import { runFfprobe } from '../probe/ffprobe.ts';
import { ffmpegInput } from '../sources/ffmpeg-input.ts';
import type { Source } from '../sources/sources.ts';

/** Samples a second of what {@link decodeAudio} returns. */
export const SAMPLE_RATE = 16_000;

const Answer = z.object({ streams: z.array(z.object({ index: z.number() })).default([]) });

/** True where a source has sound. Throws as `runFfprobe`. */
export async function hasAudio(source: Source, signal: AbortSignal): Promise<boolean> {
  const { streams } = await runFfprobe(
    source,
    ['-select_streams', 'a', '-show_entries', 'stream=index'],
    Answer,
    signal,
  );
  return streams.length > 0;
}

/**
 * Decodes the first sound stream of a source: one channel, 16 kHz, samples from -1 to 1, in pieces of any length. The first sample is
 * at the container's start: silence fills what the sound lacks. Leaving the loop ends ffmpeg.
 * @throws IngestError where nothing can be decoded
 */
export async function* decodeAudio(source: Source, signal: AbortSignal): AsyncGenerator<Float32Array, void, void> {
  throwIfAborted(signal, source.label);
  const { ffmpeg } = await findFfmpeg();
  const { input, options, env, failure } = await ffmpegInput(source);
  const command = ffmpegCommand(input)
    .inputOptions('-hide_banner', '-nostdin', '-nostats', '-v', 'error', ...options)
    .outputOptions('-map', '0:a:0', '-vn', '-sn', '-dn', '-af', `aresample=${SAMPLE_RATE}:async=1:first_pts=0`)
    .outputOptions('-ac', '1', '-ar', String(SAMPLE_RATE), '-f', 'f32le')
    .output('pipe:1');
  const running = await startProcess({
    program: ffmpeg,
    args: command._getArguments(),
    env,
    signal,
    onStderrLine: () => true,
  });
  let rest: Buffer = Buffer.alloc(0);
  let samples = 0;
  let ranOut = false;
  try {
    for await (const chunk of running.stdout as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = bytes.length - (bytes.length % 4);
      rest = bytes.subarray(whole);
      const piece = new Float32Array(whole / 4);
      for (let at = 0; at < piece.length; at++) piece[at] = bytes.readFloatLE(at * 4);
      samples += piece.length;
      yield piece;
    }
    ranOut = true;
    await running.ended;
    throwIfAborted(signal, source.label);
    const killed = await machineFailure(source, running.detail(), running.cause());
    if (killed !== undefined) throw killed;
    // Damage after the first sound leaves the rest silent: descriptions may be placed there.
    if (samples === 0) throw failure() ?? (await readFailure(source, running.detail()));
  } finally {
    if (!ranOut) await running.stop();
  }
}
