import type { FfmpegCommand } from 'fluent-ffmpeg';
import { IngestError } from '../../ingest/errors.ts';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { BURN_CONTAINERS, copyAdvice, muxerOptions } from './containers.ts';
import { withCopyPlan } from './copy-plan.ts';
import { type OnShare, reportShare } from './copy-progress.ts';
import { enableSubtitles } from './track-flags.ts';

/** A file name as the value of a filter option, escaped once for the filter and once for the filter graph. */
export function filterPath(file: string): string {
  return file.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');
}

/** What libass logs where it finds no font at all. */
const NO_FONT =
  /failed to find any fallback with glyph 0x(?:0|[2-7][0-9a-f])\b|can't find selected font provider|no fonts? found/i;

/**
 * Writes a copy of a video with an ASS track burned into its frames, which keep their times. The other streams are as
 * `withCopyPlan` keeps them. `target` is written directly, in the container of `extension`: pass a temp file.
 * Throws `write-failed` (also where there is no font, or ffmpeg lacks libass), `aborted`.
 * @returns what differs from the video, one clause each
 */
export async function burnTrack(
  source: Source,
  media: MediaInfo,
  track: string,
  target: string,
  extension: string,
  signal: AbortSignal,
  onShare?: OnShare,
): Promise<readonly string[]> {
  const { hasFilter } = await findFfmpeg();
  if (!hasFilter('ass')) {
    throw new IngestError('write-failed', 'This ffmpeg cannot burn in text: install one that is built with libass.');
  }
  const format = BURN_CONTAINERS[extension] ?? 'matroska';
  const failOn = (line: string): IngestError | undefined =>
    NO_FONT.test(line)
      ? new IngestError(
          'write-failed',
          'No font was found for the burned-in text: install one, such as fonts-dejavu-core.',
        )
      : undefined;
  const filter = `ass=filename=${filterPath(track)}`;
  return withCopyPlan(source, media, { format, option: 'burn', filter }, signal, async (plan) => {
    const build = (command: FfmpegCommand): FfmpegCommand =>
      command
        .outputOptions(...plan.options, '-map_metadata', '0', '-map_chapters', '0', ...muxerOptions(format))
        .format(format)
        .output(`file:${target}`);
    const job = {
      doing: 'burning the track into a copy of',
      advice: copyAdvice(format),
      build,
      failOn,
      ...reportShare(media, onShare),
    };
    await runFfmpeg(source, job, signal);
    if (format === 'mp4') await enableSubtitles(target, plan.subtitles);
  });
}
