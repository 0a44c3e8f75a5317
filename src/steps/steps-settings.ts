import path from 'node:path';
import { parseShare, parseTime, parseWhole } from '../config/flag-values.ts';
import { UsageError } from '../core/failures.ts';
import { tidy } from '../pipeline/cues/text.ts';
import { parseEncoding } from '../pipeline/formats/text-encoding.ts';
import { CHAPTER_CONTAINERS } from '../pipeline/media/containers.ts';
import { kindOf } from '../storage/kind-of.ts';
import type { ModelChoice } from '../workers/load-model.ts';
import { type ModelFlags, modelOf } from '../workers/model-flags.ts';
import type { StepLengths } from './find/boundaries.ts';
import {
  GUIDE_FORMAT_NAMES,
  GUIDE_FORMATS,
  type GuideFormat,
  type GuideOutput,
  guideFormatOf,
  parseGuideFormats,
} from './guide/guide-formats.ts';

/** The options of `steps` as text, as a command line gives them. */
export interface StepsFlags extends ModelFlags {
  readonly output?: string;
  readonly format?: string;
  readonly from?: string;
  readonly title?: string;
  readonly minStep: string;
  readonly maxStep: string;
  readonly embed?: string;
  readonly track?: string;
  readonly subtitleEncoding?: string;
  readonly minConfidence: string;
  readonly passes: string;
  readonly workers?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** What a guide is made from: a video, or an edited steps.json. */
export type GuideInput = { readonly video: string } | { readonly from: string };

/** Checked settings of `steps`. */
export interface StepsSettings {
  /** The guide's folder, as given. */
  readonly folder?: string;
  /** What is written besides the steps.json. */
  readonly outputs: readonly GuideOutput[];
  /** Of the guide; by default after the video's name. */
  readonly title?: string;
  readonly lengths: StepLengths;
  /** Absolute path of the copy with chapters. */
  readonly embed?: string;
  /** Absolute path of the track that says what is spoken. */
  readonly track?: string;
  /** Encoding of subtitle files; detected by default. */
  readonly encoding?: string;
  /** Captions of lower confidence are left out of the guide. */
  readonly minConfidence: number;
  readonly passes: 1 | 2;
  readonly model?: ModelChoice;
  readonly workers?: number;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** With this ratio of longest to shortest, a video of any length can be divided into steps. */
export const LEAST_RATIO = 2;

function readLengths({ minStep, maxStep }: StepsFlags): StepLengths {
  const shortest = parseTime(minStep, '--min-step');
  const longest = parseTime(maxStep, '--max-step');
  if (shortest < 1e6) throw new UsageError(`--min-step ${minStep}: a step is at least one second long`);
  if (longest < LEAST_RATIO * shortest) {
    throw new UsageError(`--max-step ${maxStep} has to be at least twice --min-step ${minStep}`);
  }
  return { shortest, longest };
}

function readEmbed(file: string): string {
  const extension = path.extname(file).toLowerCase();
  if (CHAPTER_CONTAINERS[extension] === undefined) {
    throw new UsageError(`--embed ${file}: the copy has to be one of ${Object.keys(CHAPTER_CONTAINERS).join(', ')}`);
  }
  return path.resolve(file);
}

function readTitle(text: string): string {
  const title = tidy(text);
  if (title === '') throw new UsageError('--title needs a text');
  return title;
}

function isFolder(file: string): boolean {
  return /[/\\]$/.test(file) || kindOf(file) === 'folder';
}

/** The guide's folder and its files: a folder with all formats, or one file with a folder for its parts beside it, named as browsers name one. */
function placesOf({ output, format }: StepsFlags): Pick<StepsSettings, 'folder' | 'outputs'> {
  const asked = format === undefined ? undefined : parseGuideFormats(format);
  const own = output === undefined || isFolder(output) ? undefined : guideFormatOf(output);
  const inFolder = (name: GuideFormat): GuideOutput => ({ format: name, name: GUIDE_FORMATS[name].file });
  if (output === undefined || own === undefined) {
    const outputs = (asked ?? GUIDE_FORMAT_NAMES).map(inFolder);
    return { ...(output === undefined ? {} : { folder: output }), outputs };
  }
  const file = path.resolve(output);
  const others = (asked ?? []).filter((name) => name !== own).map(inFolder);
  const folder = `${file.slice(0, -path.extname(file).length)}_files`;
  return { folder, outputs: [{ format: own, name: file }, ...others] };
}

/** Why `steps` takes no second video, and how to make guides of several. */
export function oneAtATime(what: string): string {
  return `steps makes the guide of one video, and ${what}; for several: for v in FOLDER/*.mp4; do secondglance steps "$v"; done`;
}

/** The endings of documents and media: a guide's folder that is called so is a mistake. */
const OTHER_DOCUMENTS =
  /\.(pdf|docx?|odt|rtf|epub|pptx?|json|htm|xhtml|markdown|mdx|srt|ass|ttml|mp4|m4v|mov|mkv|webm|avi|zip)$/i;

function checkOutput(output: string | undefined): void {
  if (output === '') throw new UsageError('-o needs the name of a folder or of a file');
  if (output === undefined || isFolder(output) || !OTHER_DOCUMENTS.test(output)) return;
  throw new UsageError(
    `-o ${output}: a guide is written as .html, .md, .vtt (chapters) or .txt (list), or into a folder; ${output}/ is a folder of that name`,
  );
}

/** Checks the argument and the options of `steps`. Throws a UsageError that says what to write instead. */
export function readStepsSettings(
  videos: readonly string[],
  flags: StepsFlags,
): { readonly input: GuideInput; readonly settings: StepsSettings } {
  const { from, output } = flags;
  const [video, ...others] = videos;
  if (video !== undefined && others.length > 0) throw new UsageError(oneAtATime(`${videos.length} were given`));
  if (video !== undefined && from !== undefined) {
    throw new UsageError('a video and --from cannot be combined: steps.json names its video');
  }
  checkOutput(output);
  if (from !== undefined && output !== undefined && guideFormatOf(output) === undefined) {
    throw new UsageError(
      '--from builds the guide beside its steps.json: leave -o out, or name a file that ends in .html, .md, .vtt or .txt',
    );
  }
  if (from !== undefined && flags.title !== undefined) {
    throw new UsageError('--title and --from cannot be combined: steps.json has the title; edit it there');
  }
  for (const name of ['track', 'subtitleEncoding'] as const) {
    if (from === undefined || flags[name] === undefined) continue;
    const option = name === 'track' ? '--track' : '--subtitle-encoding';
    throw new UsageError(`${option} and --from cannot be combined: steps.json already has the words`);
  }
  const input = video !== undefined ? { video } : from !== undefined ? { from } : undefined;
  if (input === undefined) throw new UsageError('name a video, or a steps.json with --from');
  const model = modelOf(flags);
  const settings: StepsSettings = {
    ...placesOf(flags),
    ...(flags.title === undefined ? {} : { title: readTitle(flags.title) }),
    lengths: readLengths(flags),
    ...(flags.embed === undefined ? {} : { embed: readEmbed(flags.embed) }),
    ...(flags.track === undefined ? {} : { track: path.resolve(flags.track) }),
    ...(flags.subtitleEncoding === undefined
      ? {}
      : { encoding: parseEncoding(flags.subtitleEncoding, '--subtitle-encoding') }),
    minConfidence: parseShare(flags.minConfidence, '--min-confidence'),
    passes: parseWhole(flags.passes, '--passes', 1, 2) === 1 ? 1 : 2,
    ...(model === undefined ? {} : { model }),
    ...(flags.workers === undefined ? {} : { workers: parseWhole(flags.workers, '--workers', 1, 256) }),
    force: flags.force ?? false,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
  };
  return { input, settings };
}
