/** What the user can do with a failure's cause: process details shown under `--verbose`. */
export interface FailureDetail {
  /** The external command that was tried, as one would type it. */
  readonly command?: string;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  /** Last lines that the command wrote to stderr. */
  readonly stderr?: readonly string[];
  /** Time in the video, in microseconds of its own clock. */
  readonly pts?: number;
}

/** How a {@link SecondGlanceError} is made, besides its sentence. */
export interface FailureOptions extends ErrorOptions {
  /** True where the same attempt may succeed later (time-out, network, a killed process). */
  readonly retryable?: boolean;
  readonly detail?: FailureDetail;
}

/**
 * Every failure that a user may see. `message` is one clear sentence (what, where, what to do), `code` is stable,
 * and `retryable` says whether the same attempt may succeed later. Each room subclasses it with its own union of codes.
 */
export class SecondGlanceError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly detail: FailureDetail;

  constructor(code: Code, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
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
