import type { FfmpegTools } from '../../ingest/ffmpeg/find-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { EVEN_SIDES } from './containers.ts';

/** 8-bit 4:2:0 plays everywhere; HDR keeps its own ten bits. */
function pixelFormat({ hdr, pixelFormat: own }: MediaInfo): string {
  return hdr && own !== null ? own : 'yuv420p';
}

/**
 * ffmpeg options that encode the video stream `at` of the output, after `filter` where there is one. Rotated frames are
 * written upright. Frames keep their times, to 1/90000 s: ffmpeg would round them to the mean frame rate. `ordered` is
 * false where the source has no presentation times, so that two frames may get the same one: the second is left out.
 */
export function encodeOptions(
  media: MediaInfo,
  { passthrough }: Pick<FfmpegTools, 'passthrough'>,
  encoder: readonly string[],
  { at = 0, filter, ordered = true }: { readonly at?: number; readonly filter?: string; readonly ordered?: boolean },
): string[] {
  const [mode = '-fps_mode', whole = 'passthrough'] = passthrough;
  const filters = [...(filter === undefined ? [] : [filter]), EVEN_SIDES].join(',');
  return [
    ...[...encoder, `-filter:v:${at}`, filters, `-pix_fmt:v:${at}`, pixelFormat(media)],
    ...[mode, ordered ? whole : 'vfr', `-enc_time_base:v:${at}`, '1/90000'],
  ];
}
