import { type FailureOptions, SecondGlanceError } from '../core/errors.ts';

/**
 * What can go wrong between an argument and its frames.
 *
 * - `missing-file`, `no-permission`, `empty-file`, `empty-folder`, `no-match`: the argument itself
 * - `not-media`, `no-video`, `unknown-codec`, `unreadable`: the file is there, its content does not serve
 * - `too-large`: more pixels than can be decoded here; `blocked-format`: a container that services do not read
 * - `truncated`, `damaged`: part of it could be decoded; these two stand in a report and are not thrown
 * - `http-status`, `unreachable`, `timed-out`, `blocked-protocol`: the network
 * - `stalled`, `decode-failed`, `ffmpeg-missing`, `aborted`: the decoder
 * - `write-failed`: ffmpeg could not write a video (a container that does not take a stream, a full disk)
 * - `invalid-choice`: `--frames` names no frame choice
 * - `invalid-names`: a pattern of recordings' names says nothing
 */
export type IngestErrorCode =
  | 'missing-file'
  | 'no-permission'
  | 'empty-file'
  | 'empty-folder'
  | 'no-match'
  | 'not-media'
  | 'no-video'
  | 'unknown-codec'
  | 'unreadable'
  | 'too-large'
  | 'blocked-format'
  | 'truncated'
  | 'damaged'
  | 'http-status'
  | 'unreachable'
  | 'timed-out'
  | 'blocked-protocol'
  | 'stalled'
  | 'decode-failed'
  | 'ffmpeg-missing'
  | 'aborted'
  | 'write-failed'
  | 'invalid-choice'
  | 'invalid-names';

/** A failure of the ingest room. `detail` has the command and its last stderr lines where a process was involved. */
export class IngestError extends SecondGlanceError<IngestErrorCode> {
  constructor(code: IngestErrorCode, message: string, options: FailureOptions = {}) {
    super(code, message, options);
  }
}

/** Throws the `aborted` error where `signal` has been given. */
export function throwIfAborted(signal: AbortSignal, label: string): void {
  if (signal.aborted) throw abortedError(label);
}

/** The error of an interrupted attempt: nothing is wrong with the input. */
export function abortedError(label: string): IngestError {
  return new IngestError('aborted', `Reading "${label}" was interrupted.`, { retryable: true });
}
