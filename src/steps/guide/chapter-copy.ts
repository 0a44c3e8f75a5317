import path from 'node:path';
import type { Source } from '../../ingest/sources/sources.ts';
import { CHAPTER_CONTAINERS } from '../../pipeline/media/containers.ts';
import { chapterList, embedChapters } from '../../pipeline/media/embed-chapters.ts';
import type { GuideStep } from './guide.ts';
import { type GuideFile, type GuideFolder, writeText } from './guide-files.ts';

/**
 * Writes a copy of the video with the steps as its chapters to `target` (absolute; its extension is one of
 * {@link CHAPTER_CONTAINERS}), through a temp file. Throws an IngestError where ffmpeg fails; an OutputError.
 * @returns the copy, and the number of data streams that could not be copied
 */
export async function writeChapterCopy(
  place: GuideFolder,
  source: Source,
  steps: readonly GuideStep[],
  target: string,
  signal: AbortSignal,
): Promise<GuideFile & { readonly leftOut: number }> {
  const container = CHAPTER_CONTAINERS[path.extname(target).toLowerCase()] ?? '';
  let leftOut = 0;
  const file = await writeText(place, target, chapterList(steps), async (list, made) => {
    leftOut = await embedChapters(source, list, made, container, signal);
  });
  return { ...file, leftOut };
}
