import path from 'node:path';
import { UsageError } from '../../core/failures.ts';
import { isWebAddress } from '../../core/text/web-address.ts';
import { guideToVtt } from './chapters-vtt.ts';
import { clock, type Guide } from './guide.ts';
import { guideToHtml, type PageImage } from './guide-page.ts';
import { guideToMarkdown } from './markdown.ts';

/**
 * The steps as video sites want them in a description: `0:00 Title`, one a line. The list starts at 0:00, which YouTube asks
 * for.
 */
export function guideToList({ title, steps }: Guide): string {
  const lines = steps.map((step) => `${clock(step.start)} ${step.title}`);
  const [first] = steps;
  const missing = first === undefined || clock(first.start) === clock(0) ? [] : [`${clock(0)} ${title}`];
  return [...missing, ...lines].map((line) => `${line}\n`).join('');
}

/** YouTube's rules for chapters in a description: at least three, each of ten seconds or more. */
const LEAST_CHAPTERS = 3;
const SHORTEST_CHAPTER = 10_000_000;

/** Why YouTube would not show the list as chapters; undefined where it does. */
export function listProblem({ steps, source }: Guide): string | undefined {
  const starts = [0, ...steps.map(({ start }) => start).filter((start) => clock(start) !== clock(0))];
  if (starts.length < LEAST_CHAPTERS)
    return `YouTube shows chapters from ${LEAST_CHAPTERS} on, this list has ${starts.length}`;
  const short = starts.findIndex((start, at) => (starts[at + 1] ?? source.duration) - start < SHORTEST_CHAPTER);
  return short === -1
    ? undefined
    : `YouTube shows no chapters where one is shorter than 10 s, as that at ${clock(starts[short] ?? 0)} is (--min-step 10s)`;
}

/** The formats of a guide, in the order in which help lists them, with their file in its folder. */
export const GUIDE_FORMATS = {
  html: { file: 'guide.html', extension: '.html', write: guideToHtml },
  md: { file: 'guide.md', extension: '.md', write: guideToMarkdown },
  chapters: { file: 'chapters.vtt', extension: '.vtt', write: guideToVtt },
  list: { file: 'chapters.txt', extension: '.txt', write: guideToList },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly file: string;
      readonly extension: string;
      readonly write: (guide: Guide, images: ReadonlyMap<string, PageImage>) => string;
    }
  >
>;

/** The name of one of {@link GUIDE_FORMATS}. */
export type GuideFormat = keyof typeof GUIDE_FORMATS;
/** The names of {@link GUIDE_FORMATS}. */
export const GUIDE_FORMAT_NAMES = Object.keys(GUIDE_FORMATS) as readonly GuideFormat[];

/** A file of a guide: its name in the guide's folder, or an absolute path. */
export interface GuideOutput {
  readonly format: GuideFormat;
  readonly name: string;
}

/** Parses `-f html,chapters`. Throws a UsageError that names the unknown one. */
export function parseGuideFormats(text: string): GuideFormat[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  return [...new Set(names)].map((name) => {
    const format = GUIDE_FORMAT_NAMES.find((known) => known === name);
    if (format === undefined) throw new UsageError(`-f ${name}: use ${GUIDE_FORMAT_NAMES.join(', ')}`);
    return format;
  });
}

/** The format that a file's extension names; undefined for a folder. */
export function guideFormatOf(file: string): GuideFormat | undefined {
  const extension = path.extname(file).toLowerCase();
  return GUIDE_FORMAT_NAMES.find((name) => GUIDE_FORMATS[name].extension === extension);
}

/** The text of a guide's file. Its links are relative to the folder of that file. */
export function guideText(
  guide: Guide,
  folder: string,
  images: ReadonlyMap<string, PageImage>,
  { format, name }: GuideOutput,
): string {
  const from = path.dirname(path.resolve(folder, name));
  const moved = (file: string): string => path.relative(from, path.resolve(folder, file)).split(path.sep).join('/');
  if (from === folder) return GUIDE_FORMATS[format].write(guide, images);
  const { source } = guide;
  const video = isWebAddress(source.video) ? source.video : moved(source.video);
  const steps = guide.steps.map(({ picture, ...step }) => ({
    ...step,
    ...(picture === undefined ? {} : { picture: { ...picture, file: moved(picture.file) } }),
  }));
  const movedImages = new Map([...images].map(([file, image]) => [moved(file), image]));
  return GUIDE_FORMATS[format].write({ ...guide, source: { ...source, video }, steps }, movedImages);
}
