import type { FfmpegCommand } from 'fluent-ffmpeg';
import { IngestError } from '../../ingest/errors.ts';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { BURN_CONTAINERS, EVEN_SIDES, muxerOptions, X264 } from './containers.ts';

/** A file name as the value of a filter option, escaped once for the filter and once for the filter graph. */
export function filterPath(file: string): string {
  return file.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');
}

/** What libass logs where it finds no font at all. */
const NO_FONT =
  /failed to find any fallback with glyph 0x(?:0|[2-7][0-9a-f])\b|can't find selected font provider|no fonts? found/i;

/** 8-bit 4:2:0 plays everywhere; HDR keeps its own ten bits. */
function pixelFormat({ hdr, pixelFormat: own }: MediaInfo): string {
  return hdr && own !== null ? own : 'yuv420p';
}

/**
 * Writes a copy of a video with an ASS track burned into its frames. Audio and subtitles are copied; frames keep their
 * times. `target` is written directly, in the container of `extension`: pass a temp file.
 * Throws `write-failed` (also where there is no font, or ffmpeg lacks libass), `aborted`.
 */
export async function burnTrack(
  source: Source,
  media: MediaInfo,
  track: string,
  target: string,
  extension: string,
  signal: AbortSignal,
): Promise<void> {
  const { hasFilter, passthrough } = await findFfmpeg();
  if (!hasFilter('ass')) {
    throw new IngestError('write-failed', 'This ffmpeg cannot burn in text: install one that is built with libass.');
  }
  const { format = 'matroska', encoder = X264 } = BURN_CONTAINERS[extension] ?? {};
  const options = [
    ...['-map', `0:${media.stream}`, '-map', '0:a?', '-map', '0:s?', '-map_metadata', '0', '-map_chapters', '0'],
    ...['-vf', `ass=filename=${filterPath(track)},${EVEN_SIDES}`, ...passthrough],
    ...[...encoder, '-pix_fmt', pixelFormat(media), '-c:a', 'copy', '-c:s', 'copy'],
    ...muxerOptions(format),
  ];
  const build = (command: FfmpegCommand): FfmpegCommand =>
    command
      .outputOptions(...options)
      .format(format)
      .output(`file:${target}`);
  const advice = 'check that the disk has room for the copy, or use a name that ends in .mkv, which holds most codecs.';
  const failOn = (line: string): IngestError | undefined =>
    NO_FONT.test(line)
      ? new IngestError(
          'write-failed',
          'No font was found for the burned-in text: install one, such as fonts-dejavu-core.',
        )
      : undefined;
  await runFfmpeg(source, { doing: 'burning the track into a copy of', advice, build, failOn }, signal);
}
