import type { ErrorRequestHandler, Response } from 'express';
import { ERROR_CATALOGUE } from '../../core/catalogue/catalogue.ts';
import { SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { UsageError } from '../../core/failures.ts';
import { hideSecrets } from '../../core/text/secrets.ts';
import type { Log } from '../../services/service.ts';
import type { Problem } from '../api/schemas/common.ts';
import { MistakeError, RequestError, statusOf, WebError } from '../errors.ts';

/** An error of Express or of its body parser: they carry a status, and the parser a type. */
interface HttpLibraryError extends Error {
  readonly status: number;
  readonly type?: string;
}

function isLibraryError(error: unknown): error is HttpLibraryError {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}

function ofLibrary(error: HttpLibraryError): SecondGlanceError | undefined {
  const { status, type = '' } = error;
  if (status === 413)
    return new WebError('request-too-large', 'the body of the request is too large', { cause: error });
  if (status === 404) return new WebError('not-there', 'the file is not there any more', { cause: error });
  if (status === 412) {
    return new WebError('precondition-failed', 'the file is not the one that the request names', { cause: error });
  }
  if (status === 416) return new WebError('range-refused', 'the file does not have these bytes', { cause: error });
  if (status === 415) return new WebError('media-type', error.message, { cause: error });
  if (type.startsWith('entity.'))
    return new RequestError(`the body is no valid JSON: ${error.message}`, [], { cause: error });
  if (status >= 400 && status < 500) return new RequestError(error.message, [], { cause: error });
  return undefined;
}

/** An error as the catalogue has it. What is not known is `unexpected`, and its message stays in the log. */
export function known(error: unknown): SecondGlanceError {
  if (error instanceof SecondGlanceError) return error;
  const known = isLibraryError(error) ? ofLibrary(error) : undefined;
  return known ?? new SecondGlanceError('unexpected', 'the server failed; its log has the reason', { cause: error });
}

/** The problem details (RFC 9457) of an error. */
export function problemOf(thrown: unknown): Problem {
  const error = known(thrown);
  const { code, retryable, message } = error;
  const { meaning, remedy } = ERROR_CATALOGUE[code];
  return {
    type: `urn:secondglance:error:${code}`,
    title: meaning,
    status: statusOf(code, retryable),
    detail: hideSecrets(message),
    code,
    retryable,
    remedy,
    ...(error instanceof MistakeError && error.mistakes.length > 0 ? { errors: [...error.mistakes] } : {}),
  };
}

/** The headers that an error of Express brings along. */
function headersOf(error: unknown): Readonly<Record<string, string>> {
  if (!isLibraryError(error) || !('headers' in error)) return {};
  return (error.headers ?? {}) as Record<string, string>;
}

/** Answers a request with a problem. Where the answer has begun, its connection is cut. */
export function sendProblem(response: Response, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = problemOf(error);
  // Which bytes a file has, for example.
  for (const [name, value] of Object.entries(headersOf(error))) response.set(name, value);
  response.status(problem.status).type('application/problem+json').set('cache-control', 'no-store');
  response.send(JSON.stringify(problem));
}

/** The last handler of the application: every error becomes a problem. What was not expected is logged. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { code } = known(error);
    if (code === 'unexpected') log.error({ err: error, path: request.path }, sentenceOf(error));
    else if (!(error instanceof UsageError)) log.debug({ code, path: request.path }, sentenceOf(error));
    sendProblem(response, error);
  };
}
