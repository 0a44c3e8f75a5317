import { z } from 'zod';
import { parseTime } from '../../config/flag-values.ts';
import type { Micros } from '../../core/types.ts';
import { toSeconds } from '../../pipeline/cues/time.ts';
import { StepsError } from '../errors.ts';
import type { Guide, GuideStep } from './guide.ts';

const FORMAT = 'secondglance-steps';
/** Version of steps.json that is written; docs/steps.md documents it. Version 1 called `captions` `seen`. */
const VERSION = 2;
const READABLE: readonly unknown[] = [1, VERSION];

const line = z.string().transform((text) => text.replace(/\s+/gu, ' ').trim());

/** Seconds, or a time as people write it: `"0:10"`, `"1:02:03.5"`. */
const seconds = z.preprocess((value) => {
  try {
    return typeof value === 'string' ? parseTime(value.trim(), '') / 1e6 : value;
  } catch {
    return value;
  }
}, z.number({ error: 'write seconds (12.5) or a time ("0:12.5")' }).nonnegative());

const StepKeys = z.strictObject({
  start: seconds,
  end: seconds,
  title: line.refine((text) => text !== '', 'a step needs a title'),
  text: line.default(''),
  captions: z.array(z.strictObject({ time: seconds, text: line, confidence: z.number().min(0).max(1) })).default([]),
  picture: z.strictObject({ file: z.string(), time: seconds }).optional(),
});

/** Strict, so that a misspelt key is an error. The key of version 1 is accepted everywhere. */
const StepShape = z.preprocess((step) => {
  if (typeof step !== 'object' || step === null || !('seen' in step) || 'captions' in step) return step;
  const { seen, ...rest } = step;
  return { ...rest, captions: seen };
}, StepKeys);

const Shape = z.strictObject({
  format: z.literal(FORMAT),
  version: z.number(),
  title: line.refine((text) => text !== '', 'the guide needs a title'),
  tool: z.string(),
  model: z.strictObject({ name: z.string(), version: z.string(), sha256: z.string() }),
  source: z.strictObject({ video: z.string().min(1), duration: seconds }),
  words: z.strictObject({ subtitles: z.string().nullable(), chapters: z.number() }),
  steps: z.array(StepShape).min(1, 'a guide needs at least one step'),
});

/** Times in a steps.json are rounded to milliseconds. */
const ROUNDING: Micros = 1000;

/** A guide as the text of a steps.json, laid out for editing by hand. */
export function guideToJson(guide: Guide): string {
  const steps = guide.steps.map(({ start, end, title, text, captions, picture }) => ({
    start: toSeconds(start),
    end: toSeconds(end),
    title,
    text,
    captions: captions.map((caption) => {
      return { time: toSeconds(caption.time), text: caption.text, confidence: caption.confidence };
    }),
    ...(picture === undefined ? {} : { picture: { file: picture.file, time: toSeconds(picture.time) } }),
  }));
  const { title, tool, model, words } = guide;
  const { name, version, sha256 } = model;
  const source = { video: guide.source.video, duration: toSeconds(guide.source.duration) };
  const document = {
    format: FORMAT,
    version: VERSION,
    title,
    tool,
    model: { name, version, sha256 },
    source,
    words,
    steps,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function invalid(label: string, what: string, cause?: unknown): StepsError {
  return new StepsError('steps-invalid', `${label}: ${what}`, cause === undefined ? {} : { cause });
}

function parseJson(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = (cause as Error).message;
    const position = /at position (\d+)/.exec(message)?.[1];
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw invalid(label, `invalid JSON at ${place}: check for a missing or extra comma, quote or bracket`, cause);
  }
}

/** `step 3, title` for the schema's `steps[2].title`. */
function placeOf(path: readonly PropertyKey[]): string {
  const [first, second, ...rest] = path;
  if (first === 'steps' && typeof second === 'number') return [`step ${second + 1}`, ...rest].map(String).join(', ');
  return path.map(String).join('.') || 'the document';
}

/** The first error, with the unknown key beside it that may be a misspelt one: `step 4: "title" is missing; unknown key "titel"`. */
function sayIssues(issues: readonly z.core.$ZodIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'invalid';
  const parent = isMissing(first) ? first.path.slice(0, -1) : first.path;
  const say = (issue: z.core.$ZodIssue): string => {
    if (issue.code === 'unrecognized_keys') return `unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    return isMissing(issue) ? `"${String(issue.path.at(-1))}" is missing` : issue.message;
  };
  const unknown = issues.find(
    (one) => one !== first && one.code === 'unrecognized_keys' && placeOf(one.path) === placeOf(parent),
  );
  return `${placeOf(parent)}: ${[first, ...(isMissing(first) && unknown !== undefined ? [unknown] : [])].map(say).join('; ')}`;
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined') && issue.path.length > 0;
}

function checkTimes(steps: readonly GuideStep[], duration: Micros, label: string): void {
  for (const [at, { start, end }] of steps.entries()) {
    const number = at + 1;
    const before = steps[at - 1];
    if (end <= start) {
      throw invalid(
        label,
        `step ${number} ends at ${toSeconds(end)}, which is not after its start ${toSeconds(start)}`,
      );
    }
    if (before !== undefined && start < before.start) {
      throw invalid(
        label,
        `step ${number} starts at ${toSeconds(start)}, before step ${number - 1} (${toSeconds(before.start)}): put the steps in order of time`,
      );
    }
    if (before !== undefined && start < before.end) {
      throw invalid(
        label,
        `step ${number} starts at ${toSeconds(start)}, but step ${number - 1} ends at ${toSeconds(before.end)}: change one of the two`,
      );
    }
    if (end > duration + ROUNDING) {
      throw invalid(
        label,
        `step ${number} ends at ${toSeconds(end)}, after the end of the video (${toSeconds(duration)})`,
      );
    }
  }
}

const micros = (time: number): Micros => Math.round(time * 1e6);

/**
 * Parses the text of a steps.json, as written or as edited. Throws `steps-invalid` with the first error and its place:
 * invalid JSON, another format or version, an unknown or missing key, times that overlap or lie outside the video.
 */
export function guideFromJson(text: string, label: string): Guide {
  const json = parseJson(text.replace(/^\uFEFF/, ''), label);
  if (typeof json !== 'object' || json === null || !('format' in json) || json.format !== FORMAT) {
    throw invalid(label, `not a steps.json of secondglance ("format": "${FORMAT}" is missing)`);
  }
  if ('version' in json && !READABLE.includes(json.version)) {
    throw invalid(
      label,
      `version ${String(json.version)} is not supported; this secondglance reads versions ${READABLE.join(' and ')}`,
    );
  }
  const parsed = Shape.safeParse(json);
  if (!parsed.success) {
    throw invalid(label, sayIssues(parsed.error.issues));
  }
  const { title, tool, model, source, words } = parsed.data;
  const steps = parsed.data.steps.map((step): GuideStep => {
    const { start, end, picture, captions } = step;
    return {
      start: micros(start),
      end: micros(end),
      title: step.title,
      text: step.text,
      captions: captions.map((caption) => ({ ...caption, time: micros(caption.time) })),
      ...(picture === undefined ? {} : { picture: { file: picture.file, time: micros(picture.time) } }),
    };
  });
  const duration = micros(source.duration);
  checkTimes(steps, duration, label);
  return { title, tool, model, source: { video: source.video, duration }, words, steps };
}
