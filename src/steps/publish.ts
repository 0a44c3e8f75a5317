import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../core/failures.ts';
import { shellWord } from '../core/text/shell-word.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { OutputExistsError } from '../storage/errors.ts';
import { writeChapterCopy } from './guide/chapter-copy.ts';
import type { Guide } from './guide/guide.ts';
import { type GuideFile, type GuideFolder, guideStatus, recordGuide, writeText } from './guide/guide-files.ts';
import { type GuideOutput, guideText, listProblem } from './guide/guide-formats.ts';
import { type PictureSource, pageImages } from './guide/pictures.ts';

/** The file that users edit. */
export const STEPS_FILE = 'steps.json';

/**
 * True where all of `names` are up to date. Throws an OutputExistsError where one of them was edited, or belongs to another
 * video.
 */
export async function checkGuide(
  place: GuideFolder,
  names: readonly string[],
  key: string,
  force: boolean,
): Promise<boolean> {
  if (force) return false;
  const { current, taken } = await guideStatus(place, names, key);
  if (taken !== undefined) {
    const file = path.resolve(place.folder, taken.name);
    const edited = taken.by === 'foreign' && taken.name === STEPS_FILE;
    const rebuild = edited ? `secondglance steps --from ${shellWord(file)} builds the guide from it; ` : '';
    throw new OutputExistsError(file, 'guide', taken.by, { advice: `${rebuild}--force overwrites it` });
  }
  return current;
}

/** Rejects a copy with chapters that would overwrite its video. Throws a UsageError. */
export async function checkCopy(source: Source, target: string | undefined): Promise<void> {
  if (target === undefined) return;
  const there = await realpath(target).catch(() => target);
  if (source.kind === 'file' && there === (await realpath(source.input))) {
    throw new UsageError(`--embed ${target} would overwrite the video: choose another name`);
  }
}

/** A guide to be written. */
export interface Publication {
  readonly place: GuideFolder;
  readonly guide: Guide;
  /** What is generated from it. */
  readonly outputs: readonly GuideOutput[];
  /** Files that are written already: the steps.json, where it is ours. */
  readonly written: readonly GuideFile[];
  /** The requested copy with chapters, and its video. */
  readonly copy?: { readonly video: PictureSource; readonly target: string };
  /** Stands for everything that the files depend on; empty for a partial guide, which is never up to date. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/**
 * Writes what is generated from a guide's steps: chapters, Markdown, the page, the copy. Throws as its parts do.
 * @returns absolute paths of the files, and notes for the user
 */
export async function publish({
  place,
  guide,
  outputs,
  written,
  copy,
  key,
  signal,
}: Publication): Promise<{ files: string[]; notes: string[] }> {
  const images = await pageImages(place.folder, guide.steps);
  const files: GuideFile[] = [...written];
  for (const output of outputs) {
    files.push(await writeText(place, output.name, guideText(guide, place.folder, images, output)));
  }
  if (copy !== undefined) {
    const { video, target } = copy;
    files.push(await writeChapterCopy(place, video, guide.steps, target, signal));
  }
  const list = outputs.find(({ format }) => format === 'list');
  const unshown = list === undefined ? undefined : listProblem(guide);
  const fileNotes = files.flatMap((file) => (file.notes ?? []).map((note) => `${path.basename(file.name)}: ${note}`));
  const notes = [
    ...fileNotes,
    ...(list === undefined || unshown === undefined ? [] : [`${path.basename(list.name)}: ${unshown}`]),
  ];
  if (key !== '') await recordGuide(place, files, key);
  return { files: files.map(({ name }) => path.resolve(place.folder, name)), notes };
}
