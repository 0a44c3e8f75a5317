import { QueueError } from '../errors.ts';
import { type GroupKey, isVideoId, modelPrefix } from '../jobs.ts';

/**
 * The Redis keys beside those of BullMQ, all with the same prefix. A video spans many jobs and outlives them, so its state cannot be kept
 * in a job.
 */
export interface Keys {
  /** Hash: state of a video. Expires some days after the video has ended. */
  record(video: string): string;
  /** Hash, group -> captions as JSON, until the tracks are written; longer where the video did not end well. */
  results(video: string): string;
  /** Set of the groups that the model failed on. A new run captions them again without reading every result. */
  failedGroups(video: string): string;
  /** Hash, group -> frames as bytes, while the group is in flight (the Redis frame store). */
  frames(video: string): string;
  /**
   * Sorted set of `MODEL/VIDEO/GROUP`, all scores 0: the groups in flight. BullMQ can count a queue's jobs, but not those of one video,
   * and not in the same step in which a limit is checked.
   */
  readonly inFlight: string;
  /** Sorted set of unfinished videos by time of submission. */
  readonly open: string;
  /** Sorted set of finished videos by the time at which they ended. Outlives their records, so that an expired record is not taken for a lost one. */
  readonly finished: string;
  /** Set of the models that have had a queue: BullMQ does not list its queues. */
  readonly models: string;
  /** `all` or `videos` while paused: BullMQ pauses single queues, and a model's queue may not exist yet. */
  readonly paused: string;
  /** Present while a service has recently reconciled the queues. Not a scheduled job of BullMQ: that can be lost as other jobs can. */
  readonly turn: string;
}

/** Checks an ID before it becomes a part of a key or a path. Throws `bad-payload`. */
export function requireVideoId(text: string): string {
  if (isVideoId(text)) return text;
  throw new QueueError('bad-payload', `${text.slice(0, 100)} is not the ID of a video`);
}

/** The keys that begin with `prefix`. Those of a video throw `bad-payload` for what is no ID. */
export function keysOf(prefix: string): Keys {
  const of = (kind: string) => (video: string) => `${prefix}:${kind}:${requireVideoId(video)}`;
  return {
    record: of('record'),
    results: of('results'),
    failedGroups: of('failed'),
    frames: of('frames'),
    inFlight: `${prefix}:in-flight`,
    open: `${prefix}:open`,
    finished: `${prefix}:finished`,
    models: `${prefix}:models`,
    paused: `${prefix}:paused`,
    turn: `${prefix}:turn`,
  };
}

/** A group's member of {@link Keys.inFlight}. */
export function inFlightMember(model: string, { video, group }: Pick<GroupKey, 'video' | 'group'>): string {
  return `${modelPrefix(model)}/${video}/${group}`;
}
