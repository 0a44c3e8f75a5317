import { findFfmpeg } from './find-ffmpeg.ts';
import { runTool } from './process.ts';

/** What the installed ffmpeg is, and what of the usual it cannot read. */
export interface FfmpegReport {
  readonly version: string;
  /** Absolute path. */
  readonly path: string;
  /** Of {@link USUAL_DECODERS}, those that this build lacks. */
  readonly missingDecoders: readonly string[];
  /** True where HDR can be tone-mapped (the zscale filter is built in). */
  readonly toneMapping: boolean;
}

/** Codecs that people's videos are in: a build without one of them is worth a warning. AV1 has several decoders. */
export const USUAL_DECODERS: Readonly<Record<string, readonly string[]>> = {
  h264: ['h264'],
  hevc: ['hevc'],
  vp8: ['vp8', 'libvpx'],
  vp9: ['vp9', 'libvpx-vp9'],
  av1: ['libdav1d', 'libaom-av1', 'av1'],
  mpeg2video: ['mpeg2video'],
  mpeg4: ['mpeg4'],
  prores: ['prores'],
  mjpeg: ['mjpeg'],
  gif: ['gif'],
};

const QUESTION_MS = 30_000;

/** Asks the installed ffmpeg what it is. Throws `ffmpeg-missing`. */
export async function inspectFfmpeg(signal: AbortSignal): Promise<FfmpegReport> {
  const { ffmpeg, version, guard, hasFilter } = await findFfmpeg();
  const answer = await runTool(
    { guard, program: ffmpeg, args: ['-hide_banner', '-nostdin', '-decoders'] },
    { signal, timeoutMs: QUESTION_MS },
  );
  const decoders = new Set(answer.stdout.split('\n').map((line) => line.trim().split(/\s+/)[1] ?? ''));
  const missingDecoders = Object.entries(USUAL_DECODERS)
    .filter(([, names]) => !names.some((name) => decoders.has(name)))
    .map(([codec]) => codec);
  return { version, path: ffmpeg, missingDecoders, toneMapping: hasFilter('zscale') };
}

/**
 * Makes a clip of a second that shows one picture, so that the whole way from a file to a caption can be tried.
 * @returns what ffmpeg said where it failed, nothing where the clip is there
 */
export async function makeClip(picture: string, clip: string, signal: AbortSignal): Promise<string | undefined> {
  const { ffmpeg, guard } = await findFfmpeg();
  const args = ['-v', 'error', '-nostdin', '-y', '-loop', '1', '-framerate', '10', '-i', picture, '-t', '1'];
  const { detail } = await runTool(
    { guard, program: ffmpeg, args: [...args, '-c:v', 'mpeg4', '-q:v', '3', '-pix_fmt', 'yuv420p', clip] },
    { signal, timeoutMs: QUESTION_MS },
  );
  return detail.exitCode === 0 ? undefined : (detail.stderr?.at(-1) ?? 'ffmpeg failed without a word');
}
