import { type FailureOptions, SecondGlanceError } from '../../core/errors.ts';

/**
 * Why something may not be used here.
 * - `path-not-allowed`: a file outside the allowed folders, links resolved, or one that leads outside.
 * - `url-not-allowed`: an address that is not on the list, or that is no http(s) address; also by redirect or playlist.
 * - `address-not-allowed`: its host is a machine of a private network, or this one, and not on the list by name.
 */
export type GuardErrorCode = 'path-not-allowed' | 'url-not-allowed' | 'address-not-allowed';

/** A job asks for what services of this site may not touch. Trying again does not help. */
export class GuardError extends SecondGlanceError<GuardErrorCode> {
  constructor(code: GuardErrorCode, message: string, options: FailureOptions = {}) {
    super(code, message, options);
  }
}
