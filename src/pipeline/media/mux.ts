import type { FfmpegCommand } from 'fluent-ffmpeg';
import type { TrackKind } from '../../core/kind.ts';
import { trackTitle } from '../../core/kind.ts';
import { threeLetters } from '../../core/language.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { MUX_CONTAINERS, muxerOptions } from './containers.ts';

/** A track to mux into a video. */
export interface MuxTrack {
  /** A file in the track format that the container's `text` names. */
  readonly file: string;
  readonly kind: TrackKind;
  /** BCP 47. */
  readonly language: string;
}

/**
 * Writes a copy of a video with one more text track. Video, audio, subtitles and (in Matroska) attachments are copied;
 * ffmpeg cannot copy data streams, such as a camera's telemetry. `target` is written directly, in the container of
 * `extension`: pass a temp file. Throws `write-failed`, `aborted`.
 */
export async function muxTrack(
  source: Source,
  media: MediaInfo,
  track: MuxTrack,
  target: string,
  extension: string,
  signal: AbortSignal,
): Promise<void> {
  const container = MUX_CONTAINERS[extension];
  if (container === undefined) throw new Error(`no container for ${extension}`);
  const { format, codec, text, edition, dispositions } = container;
  // The new track comes after the video's own subtitles.
  const at = `s:${media.subtitles}`;
  const title = trackTitle(track.kind);
  const streams = ['0:v?', '0:a?', '0:s?', ...(format === 'matroska' ? ['0:t?'] : []), '1:0'];
  const options = [
    ...streams.flatMap((stream) => ['-map', stream]),
    ...['-map_metadata', '0', '-map_chapters', '0', '-c', 'copy', `-c:${at}`, codec],
    ...[`-metadata:s:${at}`, `language=${threeLetters(track.language, edition)}`],
    // MP4 has a handler name where the others have a title.
    ...[`-metadata:s:${at}`, `${format === 'mp4' ? 'handler_name' : 'title'}=${title}`],
    ...[`-disposition:${at}`, dispositions[track.kind]],
    ...muxerOptions(format),
  ];
  const build = (command: FfmpegCommand): FfmpegCommand =>
    command
      .input(`file:${track.file}`)
      .inputFormat(text === 'vtt' ? 'webvtt' : 'srt')
      .outputOptions(...options)
      .format(format)
      .output(`file:${target}`);
  const advice = 'check that the disk has room for the copy, or use a name that ends in .mkv, which holds most codecs.';
  await runFfmpeg(source, { doing: 'muxing the track into a copy of', advice, build }, signal);
}
