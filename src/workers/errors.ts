import { SecondGlanceError } from '../core/errors.ts';

/**
 * What can be wrong with a bundle before a single picture is looked at.
 * `bundle-missing` no such name or folder; `bundle-unreadable` the operating system refuses to read it;
 * `bundle-invalid` bundle.json does not say what it must; `bundle-format` made for another version of secondglance;
 * `bundle-file-missing` a file that bundle.json names is not there; `bundle-checksum` a file is not the one that bundle.json names;
 * `bundle-tokenizer` / `bundle-graph` the file cannot be loaded or does not fit the contract; `bundle-changed` altered while in use.
 */
export type BundleErrorCode =
  | 'bundle-missing'
  | 'bundle-unreadable'
  | 'bundle-invalid'
  | 'bundle-format'
  | 'bundle-file-missing'
  | 'bundle-checksum'
  | 'bundle-tokenizer'
  | 'bundle-graph'
  | 'bundle-changed';

/** A bundle that cannot be used; the sentence says what is wrong, where, and what to do. Never retryable as it is. */
export class BundleError extends SecondGlanceError<BundleErrorCode> {}

/**
 * What can go wrong while captions are written.
 * `worker-start` no inference process could be started; `worker-died` one ended with a group in hand; `worker-stuck` one gave no
 * answer within the watchdog's time; `inference-failed` the model threw; `picture-size` a keyframe is not of the bundle's size;
 * `captioner-closed` caption() before open() or after close().
 */
export type WorkerErrorCode =
  | 'worker-start'
  | 'worker-died'
  | 'worker-stuck'
  | 'inference-failed'
  | 'picture-size'
  | 'captioner-closed';

/** A failure of an inference process or of the model in it. */
export class WorkerError extends SecondGlanceError<WorkerErrorCode> {}
