import { z } from 'zod';
import { ignored, seconds } from './common.ts';

/** Steps in one guide. */
const MOST_STEPS = 100_000;

/** A caption of what a step shows. */
const stepCaption = z.strictObject({
  time: seconds,
  text: z.string().max(10_000),
  confidence: z.number().min(0).max(1),
});

/** A step: what is read, and what is written. */
const stepFields = {
  start: seconds,
  end: seconds,
  title: z.string().min(1).max(1000),
  /** The spoken words. */
  text: z.string().max(1_000_000).default(''),
  captions: z.array(stepCaption).max(1000).default([]),
};

/** The name of a guide's picture. */
export const guidePictureName = z.string().regex(/^at-\d{1,8}\.\d{3}\.jpg$/, 'is not the name of a picture');

/** A step of a guide. */
export const step = z.object({
  ...stepFields,
  picture: z.object({ time: seconds, name: guidePictureName }).optional(),
});
/** A step of a guide. */
export type Step = z.infer<typeof step>;

/** The steps of a video, in order, without overlaps. */
export const guide = z.object({
  /** Also in the ETag. Send it as If-Match with changed steps. */
  revision: z.string(),
  title: z.string(),
  duration: z.number(),
  steps: z.array(step),
});
/** The steps of a video. */
export type ApiGuide = z.infer<typeof guide>;

const newPicture = z.strictObject({ time: seconds, name: ignored(guidePictureName) });

/**
 * Steps that take the place of those before. A step gets the picture of the given time, or one that is chosen for it. A guide can be sent back as
 * it was read, one that was replaced as well.
 */
export const newGuide = z.strictObject({
  title: z.string().min(1).max(1000),
  steps: z
    .array(z.strictObject({ ...stepFields, picture: newPicture.optional() }))
    .min(1)
    .max(MOST_STEPS),
  revision: ignored(guide.shape.revision),
  duration: ignored(guide.shape.duration),
  replaced: ignored(z.iso.datetime()),
});
/** Steps that take the place of those before. */
export type NewGuide = z.output<typeof newGuide>;

/** A guide that somebody had edited when the steps were found again. Its title and steps can be saved as they are, to bring it back. */
export const replacedSteps = z.object({ replaced: z.iso.datetime(), title: z.string(), steps: newGuide.shape.steps });
/** A guide that somebody had edited when the steps were found again. */
export type ReplacedSteps = z.output<typeof replacedSteps>;

/** Edited guides that finding the steps again has replaced, newest first: the last 20. */
export const replacedList = z.object({ guides: z.array(replacedSteps) });

/** How steps are found. Those that are there are replaced; edited ones are kept (`GET .../steps/replaced`). */
export const stepsRequest = z.strictObject({
  /** The shortest and the longest step, in seconds. */
  minStep: z.number().min(1).max(86_400).default(5),
  maxStep: z.number().min(2).max(172_800).default(180),
  passes: z.union([z.literal(1), z.literal(2)]).default(2),
});
/** How steps are found. */
export type StepsRequest = z.output<typeof stepsRequest>;

/**
 * Formats of a guide. `html`: a page of its own; `md`: Markdown, with the pictures in it; `chapters`: WebVTT; `list`: `0:00 Title` lines;
 * `json`: steps.json.
 */
export const GUIDE_EXPORTS = ['html', 'md', 'chapters', 'list', 'json'] as const;

/** In which format. */
export const guideQuery = z.strictObject({ format: z.enum(GUIDE_EXPORTS).default('html') });
