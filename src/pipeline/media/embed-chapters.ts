import type { FfmpegCommand } from 'fluent-ffmpeg';
import { z } from 'zod';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { Chapter } from '../../ingest/probe/chapters.ts';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { muxerOptions } from './containers.ts';

const Answer = z.object({
  streams: z
    .array(z.object({ codec_type: z.string().optional(), codec_tag_string: z.string().optional() }))
    .default([]),
});

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
 * Writes a copy of a video with the chapters of `list` (a file with a {@link chapterList}) instead of its own. Video,
 * audio, subtitles and attachments are copied; ffmpeg cannot copy data streams (a camera's telemetry). `target` is
 * written directly, in `container` (a value of `CHAPTER_CONTAINERS`): pass a temp file. Throws `write-failed`, `aborted`.
 * @returns how many data streams were left out, the old chapters' own not counted
 */
export async function embedChapters(
  source: Source,
  list: string,
  target: string,
  container: string,
  signal: AbortSignal,
): Promise<number> {
  const { streams } = await runFfprobe(source, ['-show_streams'], Answer, signal);
  const kept = ['0:v?', '0:a?', '0:s?', ...(container === 'matroska' ? ['0:t?'] : [])];
  const options = [
    ...kept.flatMap((what) => ['-map', what]),
    ...['-map_metadata', '0', '-map_chapters', '1', '-c', 'copy'],
    ...muxerOptions(container),
  ];
  const build = (command: FfmpegCommand): FfmpegCommand =>
    command
      .input(`file:${list}`)
      .inputFormat('ffmetadata')
      .outputOptions(...options)
      .format(container)
      .output(`file:${target}`);
  const advice = 'give the copy the same extension as the video, and check that the disk has room for it.';
  await runFfmpeg(source, { doing: 'embedding chapters into a copy of', advice, build }, signal);
  return streams.filter(({ codec_type, codec_tag_string }) => codec_type === 'data' && codec_tag_string !== 'text')
    .length;
}
