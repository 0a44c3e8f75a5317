import path from 'node:path';
import { CHAPTER_CONTAINERS, type CopyFormat } from '../../pipeline/media/containers.ts';
import { chapterList, embedChapters } from '../../pipeline/media/embed-chapters.ts';
import type { GuideStep } from './guide.ts';
import { type GuideFile, type GuideFolder, writeText } from './guide-files.ts';
import type { PictureSource } from './pictures.ts';

/** The container of a copy with chapters, by the extension of its name. */
export function chapterContainer(target: string): CopyFormat {
  return CHAPTER_CONTAINERS[path.extname(target).toLowerCase()] ?? 'matroska';
}

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
  return writeText(place, target, chapterList(steps), (list, made) =>
    embedChapters(source, media, list, made, chapterContainer(target), signal),
  );
}
