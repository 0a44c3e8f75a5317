import { z } from 'zod';
import { runFfmpeg } from '../../ingest/ffmpeg/run-ffmpeg.ts';
import type { Chapter } from '../../ingest/probe/chapters.ts';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { Source } from '../../ingest/sources/sources.ts';

/** What a copy can be written as, by the extension of its name, with ffmpeg's name for it. */
export const CHAPTER_CONTAINERS: Readonly<Record<string, string>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mov',
  '.mkv': 'matroska',
};

const Answer = z.object({
  streams: z
    .array(z.object({ codec_type: z.string().optional(), codec_tag_string: z.string().optional() }))
    .default([]),
});

/** Chapters in ffmpeg's own format (ffmetadata); the characters that mean something in it are escaped. */
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
 * Writes a copy of a video with the chapters of `list` (a file that holds a {@link chapterList}) in place of its own.
 * Video, sound, subtitles and attachments are copied as they are; ffmpeg cannot copy streams of data (a camera's
 * telemetry), except the chapters' own, which are replaced. `target` is written straight, as the `container` that one of
 * {@link CHAPTER_CONTAINERS} names: give the name of a part. Throws `write-failed`, `aborted`.
 * @returns how many streams of data were left out
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
  const args = [
    ...['-f', 'ffmetadata', '-i', `file:${list}`, ...kept.flatMap((what) => ['-map', what])],
    ...['-map_metadata', '0', '-map_chapters', '1', '-c', 'copy'],
    // The index in front, so that a browser can play from a chapter at once.
    ...(container === 'matroska' ? [] : ['-movflags', '+faststart']),
    ...['-f', container, `file:${target}`],
  ];
  const advice = 'give the copy the same extension as the video, and see that there is room for it.';
  await runFfmpeg(source, { doing: 'putting chapters into a copy of', advice, args }, signal);
  return streams.filter(({ codec_type, codec_tag_string }) => codec_type === 'data' && codec_tag_string !== 'text')
    .length;
}
