import path from 'node:path';
import { CHAPTER_CONTAINERS } from '../../pipeline/media/containers.ts';
import { chapterList, embedChapters } from '../../pipeline/media/embed-chapters.ts';
import type { GuideStep } from './guide.ts';
import { type GuideFile, type GuideFolder, writeText } from './guide-files.ts';
import type { PictureSource } from './pictures.ts';

/**
 * Writes a copy of the video with the steps as its chapters to `target` (absolute; its extension is one of
 * {@link CHAPTER_CONTAINERS}), through a temp file. Throws an IngestError where ffmpeg fails; an OutputError.
 */
export async function writeChapterCopy(
  place: GuideFolder,
  { source, media }: PictureSource,
  steps: readonly GuideStep[],
  target: string,
  signal: AbortSignal,
): Promise<GuideFile> {
  const format = CHAPTER_CONTAINERS[path.extname(target).toLowerCase()] ?? 'matroska';
  return writeText(place, target, chapterList(steps), (list, made) =>
    embedChapters(source, media, list, made, format, signal),
  );
}
