import { type FailureOptions, SecondGlanceError } from '../core/errors.ts';

/**
 * What can go wrong between a submitted video and its results.
 * - `redis-url`: the address of Redis makes no sense.
 * - `redis-unreachable`: nobody answers there (retryable).
 * - `redis-refused`: Redis answers, but wants another password or user, or may not be written to.
 * - `redis-tls`: Redis' certificate is not trusted, or its TLS cannot be spoken with.
 * - `redis-full`: Redis has reached its memory limit (retryable).
 * - `video-unknown`: no video has this ID.
 * - `video-state`: what was asked for does not fit what has become of the video.
 * - `video-gone`: the video was cancelled, begun anew or forgotten while somebody worked on it.
 * - `video-aside`: every worker refuses the video; it is tried again in a while (retryable).
 * - `bad-payload`: what stands in the queue was not put there by this program, or by another version of it.
 * - `frames-lost`: the frame store no longer has a group's frames, or they are damaged (retryable: they are decoded anew).
 * - `frame-store`: the shared folder of frames cannot be used.
 */
export type QueueErrorCode =
  | 'redis-url'
  | 'redis-unreachable'
  | 'redis-refused'
  | 'redis-tls'
  | 'redis-full'
  | 'video-unknown'
  | 'video-state'
  | 'video-gone'
  | 'video-aside'
  | 'bad-payload'
  | 'frames-lost'
  | 'frame-store';

/** A failure of this room: of Redis, of what travels through it, or of the frame store. */
export class QueueError extends SecondGlanceError<QueueErrorCode> {
  constructor(code: QueueErrorCode, message: string, options: FailureOptions = {}) {
    super(code, message, options);
  }
}
