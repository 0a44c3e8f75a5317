import type { ACCESS_ERRORS } from '../../core/catalogue/ingest-errors.ts';
import { SecondGlanceError } from '../../core/errors.ts';

/** Codes of {@link GuardError}. */
export type GuardErrorCode = keyof typeof ACCESS_ERRORS;

/** A job names a file or an address that services may not use. */
export class GuardError extends SecondGlanceError<GuardErrorCode> {}

/** A playlist or a redirect leads to an address of a kind that is not followed. */
export class BlockedProtocolError extends Error {
  /** Without the colon. */
  readonly protocol: string;

  constructor(protocol: string, message: string) {
    super(message);
    this.protocol = protocol.replace(/:.*$/, '');
  }
}
