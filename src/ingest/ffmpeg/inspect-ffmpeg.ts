import ffmpegCommand from 'fluent-ffmpeg';
import { runProcess } from '../../core/process/run-process.ts';
import { findFfmpeg } from './find-ffmpeg.ts';

/** The installed ffmpeg, and which common codecs it cannot decode. */
export interface FfmpegReport {
  readonly version: string;
  /** Absolute path. */
  readonly path: string;
  /** Of {@link USUAL_DECODERS}, those that this build lacks. */
  readonly missingDecoders: readonly string[];
  /** True where HDR can be tone-mapped (the zscale filter is built in). */
  readonly toneMapping: boolean;
}

/** Common codecs with their decoders: a build that lacks one of them is worth a warning. */
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

const QUERY_MS = 30_000;

/** Queries the installed ffmpeg. Throws `ffmpeg-missing`. */
export async function inspectFfmpeg(signal: AbortSignal): Promise<FfmpegReport> {
  const { ffmpeg, version, hasFilter } = await findFfmpeg();
  const answer = await runProcess(
    { program: ffmpeg, args: ['-hide_banner', '-nostdin', '-decoders'], signal },
    QUERY_MS,
  );
  const decoders = new Set(answer.stdout.split('\n').map((line) => line.trim().split(/\s+/)[1] ?? ''));
  const missingDecoders = Object.entries(USUAL_DECODERS)
    .filter(([, names]) => !names.some((name) => decoders.has(name)))
    .map(([codec]) => codec);
  return { version, path: ffmpeg, missingDecoders, toneMapping: hasFilter('zscale') };
}

/**
 * Writes a clip of one second that shows a picture, as a test input.
 * @returns ffmpeg's last message where it failed, undefined where the clip was written
 */
export async function makeClip(picture: string, clip: string, signal: AbortSignal): Promise<string | undefined> {
  const { ffmpeg } = await findFfmpeg();
  const args = ffmpegCommand(picture)
    .inputOptions('-v', 'error', '-nostdin', '-y', '-loop', '1', '-framerate', '10')
    .outputOptions('-t', '1', '-c:v', 'mpeg4', '-q:v', '3', '-pix_fmt', 'yuv420p')
    .output(clip)
    ._getArguments();
  const { detail } = await runProcess({ program: ffmpeg, args, signal }, QUERY_MS);
  return detail.exitCode === 0 ? undefined : (detail.stderr?.at(-1) ?? 'ffmpeg failed without a message');
}
