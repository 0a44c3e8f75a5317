import { SecondGlanceError } from '../core/errors.ts';

/**
 * What can go wrong with a night's work and what it left.
 * - `state-missing`: there is no state file: nothing was ever watched.
 * - `state-unusable`: the state file is no database, or of a newer version, or cannot be written.
 * - `state-full`: the disk of the state file is full (retryable).
 * - `nothing-to-search`: the question has no word in it.
 * - `bad-time`: a time, a date or a window that cannot be read.
 * - `no-such-hit`: the archive has no cue of this name.
 * - `recording-gone`: a recording has been moved or deleted (retryable).
 * - `no-captions`: not one keyframe of a recording got a caption (retryable).
 * - `not-delivered`: a webhook or a broker did not take a message (retryable).
 */
export type ArchiveErrorCode =
  | 'state-missing'
  | 'state-unusable'
  | 'state-full'
  | 'nothing-to-search'
  | 'bad-time'
  | 'no-such-hit'
  | 'recording-gone'
  | 'no-captions'
  | 'not-delivered';

/** A failure of this room. */
export class ArchiveError extends SecondGlanceError<ArchiveErrorCode> {}
