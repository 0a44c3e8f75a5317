import { SecondGlanceError } from '../core/errors.ts';

/**
 * What can go wrong with recordings, their index and their notifications.
 * - `state-missing`: there is no state file: `watch` has not run yet.
 * - `state-unusable`: the state file is not a database, has a newer version, or cannot be written.
 * - `state-busy`: another program has locked the state file (retryable).
 * - `state-full`: the disk of the state file is full (retryable).
 * - `nothing-to-search`: the query has no word in it.
 * - `bad-time`: a time, a date or a time window that cannot be parsed.
 * - `no-such-hit`: the archive has no cue with this id.
 * - `recording-gone`: a recording has been moved or deleted (retryable).
 * - `not-delivered`: a webhook or a broker did not accept a message (retryable).
 */
export type ArchiveErrorCode =
  | 'state-missing'
  | 'state-unusable'
  | 'state-busy'
  | 'state-full'
  | 'nothing-to-search'
  | 'bad-time'
  | 'no-such-hit'
  | 'recording-gone'
  | 'not-delivered';

/** A failure of this module. */
export class ArchiveError extends SecondGlanceError<ArchiveErrorCode> {}
