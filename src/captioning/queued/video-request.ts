import { z } from 'zod';
import type { JsonObject } from '../../core/json-value.ts';
import { TRACK_KINDS } from '../../core/kind.ts';
import { languageTag } from '../../core/language.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { PROFILE_NAMES } from '../../pipeline/cues/profiles.ts';
import { FORMAT_NAMES } from '../../pipeline/formats/formats.ts';
import { readJson } from '../../queue/jobs.ts';
import { digest, trackKey as inputKey } from '../input-identity.ts';
import type { Target } from '../outputs/target.ts';
import type { RunSettings, TrackSettings } from '../settings.ts';

/** The longest name, path or address that is accepted. */
const MAX_CHARACTERS = 8192;
const text = z.string().min(1).max(MAX_CHARACTERS);
const micros = z.int().min(0);
/** A longer interval between keyframes is a mistake. */
const DAY_MICROS = 86_400_000_000;
/** Pixels of a model's picture: a group of eight then has 48 MiB. */
const MAX_PIXELS = 2 ** 21;
/** Stretches of dialogue: a day with one a second. */
const MAX_INTERVALS = 86_400;

/** A video as it is submitted. It travels in the video's record, and every service that reads it checks it. */
const requestSchema = z.strictObject({
  source: z.strictObject({
    kind: z.enum(['file', 'picture', 'url']),
    input: text,
    name: text,
    tree: z.string().max(MAX_CHARACTERS).exactOptional(),
    label: text,
  }),
  /** Identifies the input, as for `caption`. */
  identity: z.union([
    z.strictObject({ path: text, size: z.number().min(0), changed: z.number() }),
    z.strictObject({ url: text }),
  ]),
  targets: z
    .array(z.strictObject({ format: z.enum(FORMAT_NAMES), path: text }))
    .min(1)
    .max(16),
  choice: z.union([
    z.strictObject({ mode: z.enum(['auto', 'keyframes', 'scene']) }),
    z.strictObject({ mode: z.enum(['every', 'motion']), interval: z.int().min(1000).max(DAY_MICROS) }),
  ]),
  from: micros.exactOptional(),
  to: micros.exactOptional(),
  passes: z.union([z.literal(1), z.literal(2)]),
  events: z.literal(true).exactOptional(),
  /** The camera and the clock of a recording. */
  recorded: z.strictObject({ camera: text, start: z.number(), zone: text }).exactOptional(),
  minConfidence: z.number().min(0).max(1),
  profile: z.enum(PROFILE_NAMES),
  kind: z.enum(TRACK_KINDS),
  language: text.refine((tag) => languageTag(tag) === tag, 'not a language tag'),
  dialogue: z
    .strictObject({
      from: text,
      speech: z
        .array(z.strictObject({ start: z.int(), end: z.int() }))
        .max(MAX_INTERVALS)
        .readonly()
        .exactOptional(),
    })
    .exactOptional(),
  force: z.boolean(),
  image: z
    .strictObject({
      width: z.int().min(1).max(4096),
      height: z.int().min(1).max(4096),
      resize: z.enum(['stretch', 'crop', 'fit']),
      filter: z.enum(['bilinear', 'bicubic', 'lanczos', 'area']),
      matrix: z.enum(['bt601', 'bt709']),
      readsText: z.literal(true).exactOptional(),
    })
    .refine(({ width, height }) => width * height <= MAX_PIXELS, `more than ${MAX_PIXELS} pixels`),
  model: z.strictObject({ name: text, version: text, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
});
/** One of these. */
export type VideoRequest = z.infer<typeof requestSchema>;

/** Parses a record's request. Throws `bad-payload`. */
export function readRequest(json: string): VideoRequest {
  return readJson(requestSchema, json, 'the request of a video');
}

/** The settings of `caption` that a request carries. */
export function settingsOf(request: TrackSettings): TrackSettings & { readonly events?: true } {
  const { choice, from, to, passes, events, recorded, minConfidence, profile, kind, language, dialogue } = request;
  return {
    choice,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    passes,
    ...(events === true ? { events } : {}),
    ...(recorded === undefined ? {} : { recorded }),
    minConfidence,
    profile,
    kind,
    language,
    ...(dialogue === undefined ? {} : { dialogue }),
  };
}

/** The key that `caption` uses in the output manifest for the same input, options and bundle. */
export function trackKey(request: VideoRequest): string {
  return inputKey(request.identity, settingsOf(request), request.model);
}

/** A video's ID. The same input with the same options and outputs, submitted twice, is one job. */
export function requestId(request: VideoRequest): string {
  const targets = request.targets.map(({ format, path }): JsonObject => ({ format, path }));
  return `v${digest({ key: trackKey(request), targets }).slice(0, 24)}`;
}

/** A request for one input. */
export function makeRequest(
  source: Source & { readonly kind: 'file' | 'picture' | 'url' },
  identity: VideoRequest['identity'],
  targets: readonly Target[],
  settings: Omit<RunSettings, 'resume' | 'verbose'>,
  model: Pick<VideoRequest, 'image' | 'model'>,
): VideoRequest {
  return {
    source: { ...source },
    identity,
    targets: targets.map(({ format, path }) => ({ format, path })),
    ...settingsOf(settings),
    force: settings.force,
    image: { ...model.image },
    model: { ...model.model },
  };
}
