import type { ErrorCode } from '../core/catalogue/catalogue.ts';
import type { WEB_ERRORS } from '../core/catalogue/web-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Codes of {@link WebError}. */
export type WebErrorCode = keyof typeof WEB_ERRORS;

/** A request that the server refuses, or cannot do. */
export class WebError extends SecondGlanceError<WebErrorCode> {}

/** A place in a request that does not match its schema. */
export interface Mistake {
  /** JSON Pointer (RFC 6901) into `body`, `query` or `params`. */
  readonly pointer: string;
  readonly detail: string;
}

/** A request with a mistake, and where it is. */
export abstract class MistakeError extends WebError {
  readonly mistakes: readonly Mistake[];

  constructor(code: WebErrorCode, message: string, mistakes: readonly Mistake[], options: ErrorOptions = {}) {
    super(code, message, options);
    this.mistakes = mistakes;
  }
}

/** A request that does not match its schema. */
export class RequestError extends MistakeError {
  constructor(message: string, mistakes: readonly Mistake[] = [], options: ErrorOptions = {}) {
    super('request-invalid', message, mistakes, options);
  }
}

/** A request that matches its schema but cannot be done: what it names does not exist, or its values contradict each other. */
export class RefusedRequestError extends MistakeError {
  constructor(message: string, mistakes: readonly Mistake[] = []) {
    super('request-refused', message, mistakes);
  }
}

/** No video has this ID. */
export class UnknownVideoError extends SecondGlanceError<'video-unknown'> {
  constructor(id: string) {
    super('video-unknown', `there is no video ${id}`);
  }
}

/** The request does not fit the state of the video. */
export class VideoStateError extends SecondGlanceError<'video-state'> {}

const STATUS: Partial<Record<ErrorCode, number>> = {
  'request-invalid': 400,
  'login-needed': 401,
  'password-wrong': 401,
  'cross-site': 403,
  'path-not-allowed': 403,
  'url-not-allowed': 403,
  'address-not-allowed': 403,
  'no-permission': 403,
  'route-unknown': 404,
  'video-unknown': 404,
  'job-unknown': 404,
  'cameras-off': 404,
  'state-missing': 404,
  'rule-unknown': 404,
  'sighting-unknown': 404,
  'no-such-hit': 404,
  'recording-gone': 404,

  'not-there': 404,
  'missing-file': 404,
  'no-match': 404,
  'model-unknown': 404,
  'method-not-allowed': 405,
  'video-state': 409,
  'job-state': 409,
  'edits-conflict': 412,
  'precondition-failed': 412,
  'request-too-large': 413,
  'upload-too-large': 413,
  'media-type': 415,
  'range-refused': 416,
  'upload-refused': 400,
  'host-refused': 421,
  'edits-unconditional': 428,
  'too-many-attempts': 429,
  unexpected: 500,
  'upload-no-space': 507,
  'output-full': 507,
};

/** The HTTP status of an error. What the server can do nothing about is the request's fault. */
export function statusOf(code: ErrorCode, retryable: boolean): number {
  return STATUS[code] ?? (retryable ? 503 : 422);
}
