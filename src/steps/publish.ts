import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../core/failures.ts';
import { shellWord } from '../core/shell-word.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { OutputExistsError } from '../storage/errors.ts';
import { guideToVtt } from './guide/chapters-vtt.ts';
import type { Guide } from './guide/guide.ts';
import { type GuideFile, type GuidePlace, guideStanding, recordGuide, writeText } from './guide/guide-files.ts';
import { guideToHtml } from './guide/guide-page.ts';
import { guideToMarkdown } from './guide/markdown.ts';
import { pageImages } from './guide/pictures.ts';
import { writeCopy } from './guide/write-copy.ts';

/** The files of a guide that are made from its steps.json. */
export const MADE_FILES = ['chapters.vtt', 'guide.md', 'guide.html'] as const;
/** The file that a person edits. */
export const STEPS_FILE = 'steps.json';

/**
 * True where all of `names` stand as the same input and options gave them. Throws an OutputExistsError where one of
 * them was edited, or belongs to another video.
 */
export async function checkGuide(
  place: GuidePlace,
  names: readonly string[],
  key: string,
  force: boolean,
): Promise<boolean> {
  if (force) return false;
  const { current, taken } = await guideStanding(place, names, key);
  if (taken !== undefined) {
    const file = path.resolve(place.folder, taken.name);
    const edited = taken.by === 'foreign' && taken.name === STEPS_FILE;
    const rebuild = edited ? `secondglance steps --from ${shellWord(file)} builds the guide from it; ` : '';
    throw new OutputExistsError(file, 'guide', taken.by, { advice: `${rebuild}--force overwrites it` });
  }
  return current;
}

/** A copy with chapters shall not take the place of its video. Throws a UsageError. */
export async function checkCopy(source: Source, target: string | undefined): Promise<void> {
  if (target === undefined) return;
  const there = await realpath(target).catch(() => target);
  if (source.kind === 'file' && there === (await realpath(source.input))) {
    throw new UsageError(`--embed ${target} would take the place of the video: choose another name`);
  }
}

/** What a guide is written with. */
export interface Publication {
  readonly place: GuidePlace;
  readonly guide: Guide;
  /** Written before: the steps.json, where it is ours. */
  readonly written: readonly GuideFile[];
  /** The copy with chapters, where one is asked for, and the video that it is of. */
  readonly copy?: { readonly source: Source; readonly target: string };
  /** What the files depend on; empty where they are not up to date (part of the video is missing). */
  readonly key: string;
  readonly signal: AbortSignal;
}

/**
 * Writes what is made from a guide's steps: chapters, Markdown, the page, the copy. Throws as its parts do.
 * @returns the files, absolute, and sentences that a person should read
 */
export async function publish({
  place,
  guide,
  written,
  copy,
  key,
  signal,
}: Publication): Promise<{ files: string[]; notes: string[] }> {
  const images = await pageImages(place.folder, guide.steps);
  const texts = {
    'chapters.vtt': guideToVtt(guide),
    'guide.md': guideToMarkdown(guide),
    'guide.html': guideToHtml(guide, images),
  } satisfies Record<(typeof MADE_FILES)[number], string>;
  const files: GuideFile[] = [...written];
  for (const name of MADE_FILES) files.push(await writeText(place, name, texts[name]));
  const notes: string[] = [];
  if (copy !== undefined) {
    const { leftOut, ...file } = await writeCopy(place, copy.source, guide.steps, copy.target, signal);
    files.push(file);
    if (leftOut > 0)
      notes.push(`${copy.target} lacks ${leftOut} of the video's data streams, which ffmpeg cannot copy`);
  }
  if (key !== '') await recordGuide(place, files, key);
  return { files: files.map(({ name }) => path.resolve(place.folder, name)), notes };
}
