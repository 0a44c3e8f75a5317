import { z } from 'zod';
import { flagInQuery, ignored, wholeInQuery } from './common.ts';

/** The ID of an alert rule. */
export const ruleId = z.string().regex(/^r[0-9a-f]{12}$/, 'is not the ID of a rule');

/** A point in time, ISO 8601 with the offset of the cameras' zone. */
const localTimestamp = z.iso.datetime({ offset: true });

/** The ID of something that a camera saw. */
export const sightingId = z.string().regex(/^[0-9a-z]{1,11}$/, 'is not the ID of a sighting');

/** A name of a camera. */
const cameraName = z.string().min(1).max(1000);

/** A time as `secondglance search` takes it: `yesterday`, `2026-11-24 13:05`, `6h`. */
const timeText = z.string().min(1).max(100);

/** Something that a camera saw. */
export const sighting = z.object({
  id: sightingId,
  camera: z.string(),
  time: localTimestamp,
  end: localTimestamp,
  text: z.string(),
  confidence: z.number(),
  /** Something moved. */
  moving: z.boolean(),
  /** Whether there is a picture at `/sightings/{id}/picture`. */
  picture: z.boolean(),
  /** The path of the recording; absent for a live stream of which there is none, and no clip. */
  file: z.string().optional(),
});
/** Something that a camera saw. */
export type Sighting = z.infer<typeof sighting>;

/** How a camera is doing. */
export const camera = z.object({
  name: z.string(),
  /**
   * Of a live stream: how `live` is connected, or `stopped` where it does not run. Of recordings: `waiting` for `watch`, or
   * `idle` where all are captioned.
   */
  state: z.enum(['connecting', 'live', 'stalled', 'failed', 'ended', 'stopped', 'waiting', 'idle']),
  /** Since when a live stream is in this state. */
  since: localTimestamp.optional(),
  /** Why it is not live. */
  reason: z.string().optional(),
  /** Recordings that are not captioned yet. */
  waiting: z.int(),
  /** Recordings that could not be captioned. */
  failed: z.int(),
  latest: sighting.optional(),
});
/** How a camera is doing. */
export type Camera = z.infer<typeof camera>;

/** All cameras, by name. */
export const cameraList = z.object({
  /** The cameras' time zone, as IANA names it. */
  zone: z.string(),
  cameras: z.array(camera),
});
/** All cameras, by name. */
export type CameraList = z.infer<typeof cameraList>;

/** A day of the cameras' zone. */
export const dayQuery = z.strictObject({
  date: z
    .string()
    .regex(/^(today|yesterday|\d{4}-\d\d-\d\d)$/, 'is not a day')
    .default('today'),
});

/** A place on a timeline: 0 is the start of the day, 1 its end. */
const share = z.number().min(0).max(1);

/** What the cameras recorded and saw on a day. */
export const cameraDay = z.object({
  /** `2026-11-24` */
  date: z.string(),
  zone: z.string(),
  hours: z.array(z.object({ at: share, label: z.string() })),
  cameras: z.array(
    z.object({
      name: z.string(),
      recordings: z.int(),
      /** Of the whole day; `seen` has at most the first 300. */
      moments: z.int(),
      bars: z.array(
        z.object({ from: share, to: share, state: z.enum(['pending', 'done', 'partial', 'failed', 'gone']) }),
      ),
      /** Where moments are; of those that are too close to be distinguished, the first. */
      marks: z.array(share),
      seen: z.array(
        z.object({
          at: share,
          /** How often the same was seen in a row. */
          times: z.int(),
          sighting,
        }),
      ),
    }),
  ),
});
/** What the cameras recorded and saw on a day. */
export type CameraDay = z.infer<typeof cameraDay>;

/** A search, as `secondglance search` takes it. */
export const sightingQuery = z.strictObject({
  words: z.string().min(1).max(500),
  camera: cameraName.optional(),
  since: timeText.optional(),
  until: timeText.optional(),
  /** Search for the words as they are, without other words for the same kinds. */
  exact: flagInQuery.optional(),
  limit: wholeInQuery(1, 1000).default(50),
});

/** What was found, newest first. */
export const sightingList = z.object({
  zone: z.string(),
  sightings: z.array(sighting),
  /** There may be older ones: ask for more with `limit` or `until`. */
  more: z.boolean(),
});
/** What was found, newest first. */
export type SightingList = z.infer<typeof sightingList>;

/** The time that a report is about: a day, or a span such as a night; without both, the last 24 hours. */
export const reportQuery = z.strictObject({
  date: z.string().min(1).max(100).optional(),
  since: timeText.optional(),
  until: timeText.optional(),
});

/** A rule of what `watch` and `live` notify of. One can be sent back as it was read: the address of the request says which it is. */
export const newAlertRule = z.strictObject({
  id: ignored(ruleId),
  /** As a search takes them. */
  words: z.string().min(1).max(500),
  /** Only what this camera sees. */
  camera: cameraName.optional(),
  /** Only at this time of day, by the clock of the cameras: `22:00-06:00`. */
  hours: z
    .string()
    .regex(/^\d{1,2}:\d\d-\d{1,2}:\d\d$/, 'must be written like 22:00-06:00')
    .optional(),
  /** The words do not stand for kinds: person does not match a man. */
  exact: z.boolean().default(false),
  /** Captions of a lower confidence do not count. */
  minConfidence: z.number().min(0).max(1).default(0.5),
});

/** A rule of what `watch` and `live` notify of. */
export const alertRule = z.object({
  id: ruleId,
  words: z.string(),
  camera: z.string().optional(),
  hours: z.string().optional(),
  exact: z.boolean(),
  minConfidence: z.number(),
});
/** A rule of what `watch` and `live` notify of. */
export type AlertRule = z.infer<typeof alertRule>;

/** Where notifications go. */
const destination = z.enum(['webhook', 'mqtt']);

/** The rules, oldest first. */
export const alertRuleList = z.object({
  rules: z.array(alertRule),
  /** Where this server sends the messages of a test. `watch` and `live` have destinations of their own. */
  destinations: z.array(destination),
  /** Messages that are not delivered yet. */
  waiting: z.int(),
});
/** The rules, oldest first. */
export type AlertRuleList = z.infer<typeof alertRuleList>;

/** What a rule would have notified of in the last seven days, and whether a message about it arrived. */
export const ruleTest = z.object({
  matches: z.int(),
  /** The newest of them. */
  sightings: z.array(sighting),
  deliveries: z.array(z.object({ destination, accepted: z.boolean(), reason: z.string().optional() })),
});
/** What a rule would have notified of in the last seven days, and whether a message about it arrived. */
export type RuleTest = z.infer<typeof ruleTest>;
