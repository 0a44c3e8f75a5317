import path from 'node:path';
import type { Source } from '../../ingest/sources/sources.ts';
import { CHAPTER_CONTAINERS } from '../../pipeline/media/containers.ts';
import { chapterList, embedChapters } from '../../pipeline/media/embed-chapters.ts';
import type { GuideStep } from './guide.ts';
import { type GuideFile, type GuidePlace, writeText } from './guide-files.ts';

/**
 * Writes a copy of the video with the steps as its chapters to `target` (absolute, its extension one of
 * {@link CHAPTER_CONTAINERS}): beside it, then renamed. Throws an IngestError where ffmpeg cannot, an OutputError where the
 * disk does not let it.
 * @returns the copy, and how many streams of data it lacks
 */
export async function writeCopy(
  place: GuidePlace,
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
