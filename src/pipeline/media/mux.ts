import type { FfmpegCommand } from 'fluent-ffmpeg';
import type { TrackKind } from '../../core/kind.ts';
import { trackTitle } from '../../core/kind.ts';
import { threeLetters } from '../../core/language.ts';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { COPY_CONTAINERS, copyAdvice, MUX_CONTAINERS, muxerOptions } from './containers.ts';
import { withCopyPlan } from './copy-plan.ts';
import { type OnShare, reportShare } from './copy-progress.ts';
import { enableSubtitles } from './track-flags.ts';

/** A track to mux into a video. */
export interface MuxTrack {
  /** A file in the track format that the container's `text` names. */
  readonly file: string;
  readonly kind: TrackKind;
  /** BCP 47. */
  readonly language: string;
}

/**
 * Writes a copy of a video with one more text track, which is not the default in any container: viewers select it. The
 * other streams are as `withCopyPlan` keeps them. `target` is written directly, in the container of `extension`: pass a
 * temp file. Throws `write-failed`, `aborted`.
 * @returns what differs from the video, one clause each
 */
export async function muxTrack(
  source: Source,
  media: MediaInfo,
  track: MuxTrack,
  target: string,
  extension: string,
  signal: AbortSignal,
  onShare?: OnShare,
): Promise<readonly string[]> {
  const container = MUX_CONTAINERS[extension];
  if (container === undefined) throw new Error(`no container for ${extension}`);
  const { format, codec, text, dispositions } = container;
  const { edition } = COPY_CONTAINERS[format];
  const title = trackTitle(track.kind);
  return withCopyPlan(source, media, { format, option: 'mux' }, signal, async (plan) => {
    // The new track comes after the video's own subtitles.
    const at = `s:${plan.subtitles.length}`;
    const options = [
      ...[...plan.options, '-map', '1:0', '-map_metadata', '0', '-map_chapters', '0', `-c:${at}`, codec],
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
    const job = {
      doing: 'muxing the track into a copy of',
      advice: copyAdvice(format),
      build,
      ...reportShare(media, onShare),
    };
    await runFfmpeg(source, job, signal);
    if (format === 'mp4') await enableSubtitles(target, [...plan.subtitles, false]);
  });
}
