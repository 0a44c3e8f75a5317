import { z } from 'zod';
import { alertRule, camera } from './cameras.ts';
import { jobId, videoId } from './common.ts';
import { cue } from './cues.ts';
import { job } from './job.ts';
import { frameCaption, video } from './videos.ts';

/**
 * Server-sent events by name; each one's data is JSON. `id:` of an event is where a client resumes, which browsers do by
 * themselves (Last-Event-ID).
 */
export const EVENTS = {
  /** A video was added or has changed: at most two a second for each. */
  video: z.object({ video }),
  'video-removed': z.object({ id: videoId }),
  /** A keyframe was captioned. A video that begins again counts from 0 again. */
  caption: z.object({ id: videoId, caption: frameCaption }),
  /** A cue of the model is complete. `position` is its place in the list, from 0. */
  cue: z.object({ id: videoId, position: z.int(), cue }),
  /** Edits were saved or removed, perhaps in another tab. */
  edits: z.object({ id: videoId, revision: z.string(), edited: z.boolean() }),
  /** The steps of a guide were found or changed, perhaps in another tab. */
  steps: z.object({ id: videoId, revision: z.string() }),
  job: z.object({ job }),
  /** A job that had ended was removed, with its file. */
  'job-removed': z.object({ id: jobId }),
  /** A camera has seen something new, or its state has changed. */
  camera: z.object({ camera }),
  /** Alert rules were added, changed or removed, perhaps in another tab. */
  'alert-rules': z.object({ rules: z.array(alertRule) }),
  /** The client has missed events that are no longer kept: it has to load again what it shows. */
  reset: z.object({}),
} as const;

/** The name of an event. */
export type EventName = keyof typeof EVENTS;

/** The data of an event. */
export type EventData<Name extends EventName> = z.infer<(typeof EVENTS)[Name]>;

/** An event, with its name. */
export type ServerEvent = {
  readonly [Name in EventName]: { readonly name: Name; readonly data: EventData<Name> };
}[EventName];
