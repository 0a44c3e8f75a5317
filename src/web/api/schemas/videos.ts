import { z } from 'zod';
import { TRACK_KINDS } from '../../../core/kind.ts';
import { PROFILE_NAMES } from '../../../pipeline/cues/profiles.ts';
import { cursor, seconds, timestamp, videoId, wholeInQuery } from './common.ts';

/** States of a video. `partial`: there is a track, which does not cover everything. */
export const VIDEO_STATES = ['queued', 'running', 'paused', 'done', 'partial', 'failed', 'cancelled'] as const;
/** One of {@link VIDEO_STATES}. */
export const videoState = z.enum(VIDEO_STATES);

/** How a video is captioned. What is absent is as for `secondglance caption`. */
export const videoOptions = z.strictObject({
  /** `auto`, `scene`, `keyframes`, `motion:10s`, `every:2s` */
  frames: z.string().min(1).max(40).optional(),
  passes: z.union([z.literal(1), z.literal(2)]).optional(),
  /** The name of an installed model. */
  model: z.string().min(1).max(200).optional(),
  profile: z.enum(PROFILE_NAMES).optional(),
  kind: z.enum(TRACK_KINDS).optional(),
  /** BCP 47. */
  language: z.string().min(1).max(35).optional(),
  /** One cue for each event. */
  events: z.boolean().optional(),
  from: seconds.optional(),
  to: seconds.optional(),
});
/** How a video is captioned. */
export type VideoOptions = z.infer<typeof videoOptions>;

/** Something that went wrong with a video. */
export const videoProblem = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() });

/** A video, and how far its captions are. */
export const video = z.object({
  id: videoId,
  name: z.string(),
  source: z.object({
    kind: z.enum(['upload', 'file', 'url']),
    /** The path or the address, without a password; the file's name for an upload. */
    label: z.string(),
  }),
  state: videoState,
  /** Running, and asked to stop: it pauses or is cancelled once the groups in work are done. */
  stopping: z.boolean(),
  options: videoOptions,
  added: timestamp,
  begun: timestamp.optional(),
  ended: timestamp.optional(),
  progress: z.object({
    /** Captioned keyframes. */
    keyframes: z.int(),
    /** Video time captioned so far. */
    covered: z.number(),
    /** Times real time, in this run. */
    speed: z.number().optional(),
    /** Seconds left, roughly. */
    left: z.number().optional(),
  }),
  /** Known once the video has been opened. */
  media: z
    .object({
      duration: z.number().nullable(),
      width: z.int(),
      height: z.int(),
      codec: z.string(),
      container: z.string(),
      /** The type that a browser is given; absent where none is likely to play it: ask for a proxy. */
      type: z.string().optional(),
    })
    .optional(),
  model: z.object({ name: z.string(), version: z.string() }).optional(),
  cues: z.int(),
  /** Whether there are edits. */
  edited: z.boolean(),
  /** Whether a proxy for browsers has been made. */
  proxy: z.boolean(),
  problems: z.array(videoProblem),
});
/** A video, and how far its captions are. */
export type Video = z.infer<typeof video>;

/** Which videos a list has. */
export const videoQuery = z.strictObject({
  limit: wholeInQuery(1, 200).default(50),
  cursor: cursor.optional(),
  /** Part of the name, in any case. */
  search: z.string().max(200).optional(),
  state: videoState.optional(),
});

/** A page of a list, newest first. */
export const videoList = z.object({
  videos: z.array(video),
  /** Of all pages. */
  total: z.int(),
  /** Present where another page follows. */
  next: cursor.optional(),
});

/** Adds a file or all videos of a folder of the server, or a URL. Uploads go to `/uploads`. */
export const newVideo = z.strictObject({
  source: z.union([
    z.strictObject({ path: z.string().min(1).max(4096) }),
    z.strictObject({ url: z.string().min(1).max(8192) }),
  ]),
  options: videoOptions.default({}),
});

/** The videos that were added, or that were there already with the same options. */
export const addedVideos = z.object({ videos: z.array(video) });

/** The caption of a keyframe. */
export const frameCaption = z.object({
  index: z.int(),
  time: z.number(),
  text: z.string(),
  draft: z.string(),
  confidence: z.number(),
  passes: z.union([z.literal(1), z.literal(2)]),
  nothingVisible: z.boolean().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
/** The caption of a keyframe. */
export type FrameCaption = z.infer<typeof frameCaption>;

/** Captions from an index on. */
export const captionQuery = z.strictObject({
  from: wholeInQuery(0, 1e8).default(0),
  limit: wholeInQuery(1, 1000).default(200),
});

/** The captions that are there, in the order of time. `next` is the index to ask for next; absent at the end for now. */
export const captionList = z.object({ captions: z.array(frameCaption), next: z.int().optional() });
