import { IngestError } from '../../ingest/errors.ts';
import { findFfmpeg } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'medium', '-crf', '18'];
const VP9 = ['-c:v', 'libvpx-vp9', '-crf', '30', '-b:v', '0', '-deadline', 'good', '-cpu-used', '4', '-row-mt', '1'];

/** What a video with its track drawn can be written as, by the extension of the file's name. */
export const BURN_CONTAINERS: Readonly<
  Record<string, { readonly format: string; readonly encoder: readonly string[] }>
> = {
  '.mp4': { format: 'mp4', encoder: X264 },
  '.m4v': { format: 'mp4', encoder: X264 },
  '.mkv': { format: 'matroska', encoder: X264 },
  '.webm': { format: 'webm', encoder: VP9 },
};

/** A file's name as the value of a filter's option: escaped once for the filter, once for the graph. */
export function filterPath(file: string): string {
  return file.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');
}

/** Words of libass where it finds nothing at all to draw letters with. */
const NO_FONT =
  /failed to find any fallback with glyph 0x(?:0|[2-7][0-9a-f])\b|can't find selected font provider|no fonts? found/i;

/** A picture of 8 bits in 4:2:0 plays everywhere; HDR needs its ten. */
function pixelFormat({ hdr, pixelFormat: own }: MediaInfo): string {
  return hdr && own !== null ? own : 'yuv420p';
}

/**
 * Writes a copy of a video with an ASS track drawn into its pictures. Sound and subtitles are copied as they are, frames
 * keep their times. `target` is written straight, as `extension` says: give the name of a part.
 * Throws `write-failed` (also where there is no font to draw with, or ffmpeg lacks libass), `aborted`.
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
    throw new IngestError('write-failed', 'This ffmpeg cannot draw text into pictures: install one with libass.');
  }
  const { format = 'matroska', encoder = X264 } = BURN_CONTAINERS[extension] ?? {};
  const args = [
    ...['-map', `0:${media.stream}`, '-map', '0:a?', '-map', '0:s?', '-map_metadata', '0', '-map_chapters', '0'],
    // Encoders of 4:2:0 want even sides.
    ...['-vf', `ass=filename=${filterPath(track)},pad=ceil(iw/2)*2:ceil(ih/2)*2`, ...passthrough],
    ...[...encoder, '-pix_fmt', pixelFormat(media), '-c:a', 'copy', '-c:s', 'copy'],
    ...(format === 'mp4' ? ['-movflags', '+faststart'] : []),
    ...['-f', format, `file:${target}`],
  ];
  const advice = 'see that there is room for the copy, or give it a name that ends in .mkv, which takes most streams.';
  const failOn = (line: string): IngestError | undefined =>
    NO_FONT.test(line)
      ? new IngestError(
          'write-failed',
          'There is no font to draw the track with: install one, such as fonts-dejavu-core.',
        )
      : undefined;
  await runFfmpeg(source, { doing: 'drawing the track into a copy of', advice, args, failOn }, signal);
}
