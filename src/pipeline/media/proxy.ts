import type { FfmpegCommand } from 'fluent-ffmpeg';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { muxerOptions } from './containers.ts';
import { type OnShare, reportShare } from './copy-progress.ts';
import { encodeOptions } from './encode.ts';

/** Small and quick to make; every browser plays H.264 with AAC. */
const ENCODER = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '26', '-profile:v', 'high'];
const SCALE = "scale=w='min(1280,iw)':h=-2";
const SOUND = ['-c:a', 'aac', '-b:a', '128k', '-ac', '2'];

/**
 * Writes a small MP4 of a video that every browser plays, with the times of the video. `target` is written directly: pass a temp
 * file. Throws `write-failed`, `aborted`.
 */
export async function makeProxy(
  source: Source,
  media: MediaInfo,
  target: string,
  signal: AbortSignal,
  onShare?: OnShare,
): Promise<void> {
  const encode = encodeOptions({ ...media, hdr: false }, await findFfmpeg(), ENCODER, {
    filter: SCALE,
    ordered: false,
  });
  const build = (command: FfmpegCommand): FfmpegCommand =>
    command
      .outputOptions('-map', '0:v:0', '-map', '0:a:0?', ...encode, ...SOUND, ...muxerOptions('mp4'))
      .format('mp4')
      .output(`file:${target}`);
  const job = { doing: 'making a proxy of', advice: 'check that ffmpeg has libx264', build };
  await runFfmpeg(source, { ...job, ...reportShare(media, onShare) }, signal);
}
