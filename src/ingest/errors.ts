import type { INGEST_ERRORS } from '../core/catalogue/ingest-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Codes of {@link IngestError}. `truncated`, `damaged` and `unfinished` stand in a report and are not thrown. */
export type IngestErrorCode = keyof typeof INGEST_ERRORS;

/** A failure of reading an input. `detail` has the command and its last stderr lines where a process was involved. */
export class IngestError extends SecondGlanceError<IngestErrorCode> {}

/** Throws the `aborted` error where `signal` has aborted. */
export function throwIfAborted(signal: AbortSignal, label: string): void {
  if (signal.aborted) throw abortedError(label);
}

/** The error of an aborted attempt: nothing is wrong with the input. */
export function abortedError(label: string): IngestError {
  return new IngestError('aborted', `Reading "${label}" was interrupted.`);
}
