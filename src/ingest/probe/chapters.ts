import { z } from 'zod';
import type { Micros } from '../../core/types.ts';
import type { Source } from '../sources/sources.ts';
import { runFfprobe } from './ffprobe.ts';
import type { MediaInfo } from './media-info.ts';
import { secondsToMicros } from './rational.ts';

/** A part of a video that has a name. Times count from the container's start. */
export interface Chapter {
  readonly start: Micros;
  readonly end: Micros;
  /** On one line; empty where the file has none. */
  readonly title: string;
}

const Answer = z.object({
  chapters: z
    .array(
      z.object({
        start_time: z.string(),
        end_time: z.string(),
        tags: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default([]),
});

/** The chapters that a container has, in order of time; those without a length are left out. Throws as `askFfprobe`. */
export async function readChapters(source: Source, media: MediaInfo, signal: AbortSignal): Promise<Chapter[]> {
  const { chapters } = await runFfprobe(source, ['-show_chapters'], Answer, signal);
  return chapters
    .map(({ start_time, end_time, tags }) => ({
      start: Math.max(0, (secondsToMicros(start_time) ?? 0) - media.start),
      end: (secondsToMicros(end_time) ?? 0) - media.start,
      title: (tags?.title ?? '').replace(/\s+/gu, ' ').trim(),
    }))
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start - b.start);
}
