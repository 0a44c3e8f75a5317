import { z } from 'zod';
import { PROFILE_NAMES } from '../../../pipeline/cues/profiles.ts';
import { ignored, seconds } from './common.ts';

/** Cues in one track: a day with one a second. */
const MOST_CUES = 86_400;

/** A text with a start and an end. */
export const cue = z.strictObject({
  start: seconds,
  end: seconds,
  /** Lines are separated by a line feed. Plain text. */
  text: z.string().max(10_000),
  /** Indices of the keyframes it came from; absent for one that a person added. */
  from: z.array(z.int().min(0)).max(100_000).optional(),
});
/** A text with a start and an end. */
export type ApiCue = z.infer<typeof cue>;

/** Cues in the order of time; each ends after it starts. */
export const cues = z.array(cue).max(MOST_CUES);

/** The cues of a video. */
export const cueList = z.object({
  /** `edits`: as a person left them; `model`: as the model wrote them. */
  origin: z.enum(['edits', 'model']),
  /**
   * Also in the ETag. Send it as If-Match with the edits: they are refused where another tab has saved since. It knows how far the
   * track was: cues that are added after it follow the edits.
   */
  revision: z.string(),
  /** False while cues are still being added. */
  complete: z.boolean(),
  cues,
});
/** The cues of a video. */
export type CueList = z.infer<typeof cueList>;

/** Which cues: the edits where there are some (the default), or the model's. */
export const cueQuery = z.strictObject({ origin: z.enum(['edits', 'model']).optional() });

const listFacts = {
  origin: ignored(cueList.shape.origin),
  revision: ignored(cueList.shape.revision),
  complete: ignored(cueList.shape.complete),
};

/** Edits that take the place of those before. A list of cues can be sent back as it was read. */
export const newEdits = z.strictObject({ ...listFacts, cues });

/** Cues to check against a profile. */
export const checkRequest = z.strictObject({ ...listFacts, cues, profile: z.enum(PROFILE_NAMES).default('web') });

/** Rules that cues break, in the order of the cues. */
export const checkResult = z.object({
  findings: z.array(
    z.object({
      /** Position in the list, from 0. */
      cue: z.int(),
      rule: z.string(),
      value: z.number(),
      limit: z.number(),
      unit: z.string(),
    }),
  ),
});
/** Rules that cues break. */
export type CheckResult = z.infer<typeof checkResult>;

/** Formats of an export. */
export const EXPORT_FORMATS = ['vtt', 'srt', 'ttml', 'ass', 'txt', 'json'] as const;

/** Which track, in which format. */
export const trackQuery = z.strictObject({
  format: z.enum(EXPORT_FORMATS).default('vtt'),
  origin: z.enum(['edits', 'model']).optional(),
});

/** Asks another model, or for another number of passes, about one moment. */
export const recaptionRequest = z.strictObject({
  at: seconds,
  model: z.string().min(1).max(200).optional(),
  passes: z.union([z.literal(1), z.literal(2)]).default(2),
});

/** What it said. Nothing is saved. */
export const recaption = z.object({
  text: z.string(),
  draft: z.string(),
  confidence: z.number(),
  passes: z.union([z.literal(1), z.literal(2)]),
  model: z.object({ name: z.string(), version: z.string() }),
});
/** What a model said of one moment. */
export type Recaption = z.infer<typeof recaption>;
