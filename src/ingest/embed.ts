import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { addressOf } from './address.ts';
import { askFfprobe } from './ask.ts';
import type { Chapter } from './chapters.ts';
import { IngestError, throwIfAborted } from './errors.ts';
import { findFfmpeg } from './ffmpeg.ts';
import { runTool } from './process.ts';
import type { Source } from './sources.ts';

/** What a copy can be written as, by the extension of its name. */
export const CHAPTER_CONTAINERS: Readonly<Record<string, string>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mov',
  '.mkv': 'matroska',
};

/** A copy is as fast as the disks are. */
const COPY_MS = 6 * 3_600_000;

const Answer = z.object({
  streams: z
    .array(z.object({ codec_type: z.string().optional(), codec_tag_string: z.string().optional() }))
    .default([]),
});

/** ffmpeg's own format for chapters; the characters that mean something in it are escaped. */
function metadata(chapters: readonly Chapter[]): string {
  const escaped = (text: string): string => text.replace(/[\\=;#\n]/g, (mark) => `\\${mark}`);
  const parts = chapters.map(
    ({ start, end, title }) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${Math.round(start / 1000)}\nEND=${Math.round(end / 1000)}\ntitle=${escaped(title)}\n`,
  );
  return `;FFMETADATA1\n${parts.join('')}`;
}

/**
 * Writes a copy of a video with these chapters in place of its own. Video, sound, subtitles and attachments are copied
 * as they are; ffmpeg cannot copy streams of data (a camera's telemetry), except the chapters' own, which are replaced.
 * `target` is written straight, as the `container` that one of {@link CHAPTER_CONTAINERS} names: give the name of a part.
 * Throws `decode-failed` where the streams do not fit into that container, or the disk is full; `aborted`.
 * @returns how many streams of data were left out
 */
export async function embedChapters(
  source: Source,
  chapters: readonly Chapter[],
  target: string,
  container: string,
  signal: AbortSignal,
): Promise<number> {
  const { guard, ffmpeg } = await findFfmpeg();
  const { streams } = await askFfprobe(source, ['-show_streams'], Answer, signal);
  const { input, options } = await addressOf(source);
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-chapters-'));
  try {
    const list = path.join(folder, 'chapters.txt');
    await writeFile(list, metadata(chapters));
    const maps = ['0:v?', '0:a?', '0:s?', '0:t?'].flatMap((what) => ['-map', what]);
    const args = [
      ...['-hide_banner', '-nostdin', '-nostats', '-v', 'error', '-y', ...options, '-i', input],
      ...['-f', 'ffmetadata', '-i', list, ...maps, '-map_metadata', '0', '-map_chapters', '1', '-c', 'copy'],
      // The index in front, so that a browser can play from a chapter at once.
      ...(container === 'matroska' ? [] : ['-movflags', '+faststart']),
      ...['-f', container, `file:${target}`],
    ];
    const { detail, timedOut } = await runTool({ guard, program: ffmpeg, args }, { signal, timeoutMs: COPY_MS });
    throwIfAborted(signal, source.label);
    if (timedOut || detail.exitCode !== 0) {
      const said = detail.stderr?.find((line) =>
        /not supported|Only .* are supported|No space|Could not find tag/i.test(line),
      );
      throw new IngestError(
        'decode-failed',
        `"${source.label}" could not be copied with chapters${said === undefined ? '' : ` (${said.trim()})`}: give the copy the same extension as the video, and see that there is room for it.`,
        { detail },
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return streams.filter(({ codec_type, codec_tag_string }) => codec_type === 'data' && codec_tag_string !== 'text')
    .length;
}
