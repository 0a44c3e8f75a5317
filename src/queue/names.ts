/** How urgent a video is: what is more urgent overtakes in every queue. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** BullMQ's number for a priority: the smaller, the sooner. */
export function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority) + 1;
}

/** The queue of groups of keyframes: taken by workers. */
export const GROUPS_QUEUE = 'groups';
/** The queue of tracks to write: taken by assemblers. */
export const TRACKS_QUEUE = 'tracks';
/**
 * The queue of videos to decode. There is one for each priority, because a video is decoded for as long as its captions
 * take: every ingest service has places of their own for the urgent ones.
 */
export function videosQueue(priority: Priority): string {
  return `videos-${priority}`;
}
/** All BullMQ queues, as a board shows them. */
export const QUEUE_NAMES: readonly string[] = [...PRIORITIES.map(videosQueue), GROUPS_QUEUE, TRACKS_QUEUE];

/** Job of one run of a video, in `videos-*` and in `tracks`. No ':' and no integer: BullMQ takes neither. */
export function runJobId(video: string, run: number): string {
  return `${video}-${run}`;
}
/** Job of one group of a run. */
export function groupJobId(video: string, run: number, group: number): string {
  return `${video}-${run}-${group}`;
}

/** Redis keys beside those of BullMQ, all below the same prefix. */
export interface Keys {
  /** Hash: what is known of a video. Stays for a while when the video is finished. */
  record(video: string): string;
  /** Hash, group -> result as JSON, until the tracks are written; longer where some are gaps. */
  results(video: string): string;
  /** Set of groups whose result is a gap. */
  gaps(video: string): string;
  /** Hash, group -> frames as bytes, while the group is in flight (the Redis frame store). */
  frames(video: string): string;
  /** Sorted set of `VIDEO/GROUP`, all scores 0: every group in flight. Both limits count its members. */
  readonly held: string;
  /** Sorted set of unfinished videos by time of submission. */
  readonly open: string;
  /** Sorted set of finished videos by time of their end. */
  readonly finished: string;
  /** There while a service has just swept. */
  readonly turn: string;
  /** BullMQ's hash of a queue's own facts, `paused` among them. */
  meta(queue: string): string;
}

/** The keys below `prefix`. */
export function keysOf(prefix: string): Keys {
  return {
    record: (video) => `${prefix}:record:${video}`,
    results: (video) => `${prefix}:results:${video}`,
    gaps: (video) => `${prefix}:gaps:${video}`,
    frames: (video) => `${prefix}:frames:${video}`,
    held: `${prefix}:held`,
    open: `${prefix}:open`,
    finished: `${prefix}:finished`,
    turn: `${prefix}:turn`,
    meta: (queue) => `${prefix}:${queue}:meta`,
  };
}
