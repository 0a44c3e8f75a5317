import type { FfmpegCommand } from 'fluent-ffmpeg';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { Chapter } from '../../ingest/probe/chapters.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { type CopyFormat, copyAdvice, muxerOptions } from './containers.ts';
import { withCopyPlan } from './copy-plan.ts';
import { enableSubtitles } from './track-flags.ts';

/** Chapters in ffmpeg's metadata format (ffmetadata), with its special characters escaped. */
export function chapterList(chapters: readonly Chapter[]): string {
  const escaped = (text: string): string => text.replace(/[\\=;#\n]/g, (mark) => `\\${mark}`);
  const milliseconds = (time: number): number => Math.round(time / 1000);
  const parts = chapters.map(
    ({ start, end, title }) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${milliseconds(start)}\nEND=${milliseconds(end)}\ntitle=${escaped(title)}\n`,
  );
  return `;FFMETADATA1\n${parts.join('')}`;
}

/**
 * Writes a copy of a video with the chapters of `list` (a file with a {@link chapterList}) instead of its own. The streams
 * are as `withCopyPlan` keeps them. `target` is written directly, in `format`: pass a temp file. Throws `write-failed`,
 * `aborted`.
 * @returns what differs from the video, one clause each
 */
export async function embedChapters(
  source: Source,
  media: MediaInfo,
  list: string,
  target: string,
  format: CopyFormat,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return withCopyPlan(source, media, { format, option: 'embed' }, signal, async (plan) => {
    const build = (command: FfmpegCommand): FfmpegCommand =>
      command
        .input(`file:${list}`)
        .inputFormat('ffmetadata')
        .outputOptions(...plan.options, '-map_metadata', '0', '-map_chapters', '1', ...muxerOptions(format))
        .format(format)
        .output(`file:${target}`);
    await runFfmpeg(source, { doing: 'embedding chapters into a copy of', advice: copyAdvice(format), build }, signal);
    if (format === 'mp4' || format === 'mov') await enableSubtitles(target, plan.subtitles);
  });
}
