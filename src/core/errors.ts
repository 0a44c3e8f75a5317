import { ERROR_CATALOGUE, type ErrorCode } from './catalogue/catalogue.ts';

/** Details of a failed process, shown with `--verbose`. */
export interface FailureDetail {
  /** The external command, as one would type it. */
  readonly command?: string;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  /** The last lines of its stderr. */
  readonly stderr?: readonly string[];
  /** Time in the video, in microseconds of its own clock. */
  readonly pts?: number;
}

/** How a {@link SecondGlanceError} is made, besides its message. */
export interface FailureOptions extends ErrorOptions {
  /** Whether the same attempt may succeed later. Counts only for codes that the catalogue lists with `depends`. */
  readonly retryable?: boolean;
  readonly detail?: FailureDetail;
}

/**
 * Every error that a user may see. `message` is one sentence (what, where, what to do); `code` is stable and listed in the
 * error catalogue; `retryable` says whether the same attempt may succeed later. Modules subclass it with the codes of their
 * part of the catalogue.
 */
export class SecondGlanceError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly detail: FailureDetail;

  constructor(code: Code, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    const { retryable } = ERROR_CATALOGUE[code];
    this.retryable = retryable === 'depends' ? (options.retryable ?? false) : retryable;
    this.detail = options.detail ?? {};
  }
}

/** One sentence for any thrown value. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's own name for an error (`ENOSPC`), where it has one. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True for the error of a system call on a path where nothing is, also because a part of the path is a file. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
}
