import path from 'node:path';
import type { OUTPUT_ERRORS } from '../core/catalogue/output-errors.ts';
import { errnoOf, SecondGlanceError } from '../core/errors.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { withFolderNames } from './folders/folder-names.ts';

/** Codes of {@link OutputError}. */
export type OutputErrorCode = keyof typeof OUTPUT_ERRORS;

/** A failure of writing files, or of keeping the journal. */
export class OutputError extends SecondGlanceError<OutputErrorCode> {}

/** The OutputError for a failed file operation. `what` completes "cannot ...", as in `write /films/holiday.vtt`. */
export function outputError(cause: unknown, what: string): OutputError {
  if (cause instanceof OutputError) return cause;
  const doing = withFolderNames(what);
  const errno = errnoOf(cause);
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new OutputError('output-full', `cannot ${doing}: the disk is full; free some space and run it again`, {
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new OutputError(
        'output-permission',
        `cannot ${doing}: permission denied; choose a folder that you can write to`,
        {
          cause,
        },
      );
    case 'EROFS':
      return new OutputError(
        'output-permission',
        `cannot ${doing}: the disk is read-only; choose a folder that you can write to`,
        { cause },
      );
    case 'ENOENT':
      return new OutputError('output-folder-missing', `cannot ${doing}: its folder does not exist`, { cause });
    case 'ENOTDIR':
    case 'EEXIST':
      return new OutputError('output-folder-missing', `cannot ${doing}: a file is in the way`, {
        cause,
      });
    case 'EISDIR':
      return new OutputError('output-is-folder', `cannot ${doing}: it is a folder`, { cause });
    case 'ENAMETOOLONG':
      return new OutputError('output-name', `cannot ${doing}: the name is too long for this disk`, { cause });
    case 'EPIPE':
    case 'ERR_STREAM_DESTROYED':
    case 'ERR_STREAM_WRITE_AFTER_END':
      return new OutputError('output-closed', `cannot ${doing}: the reader has closed the pipe`, { cause });
    default: {
      const why = withFolderNames(cause instanceof Error ? cause.message : String(cause));
      return new OutputError('output-failed', `cannot ${doing}: ${why}`, { cause, retryable: true });
    }
  }
}

/** What an output is; the error code of {@link OutputExistsError} starts with it. */
export type OutputKind = 'track' | 'clip' | 'report' | 'guide';

/** An edited track is somebody's work: it can be used, and is kept where it is overwritten. */
function trackAdvice(file: string): string {
  const use = /\.(?:vtt|srt)$/i.test(file)
    ? `--track ${shellWord(file)} uses it for --mux, --burn, other formats and steps, `
    : '';
  return `${use}-o writes elsewhere, --force overwrites it and keeps it as ${path.basename(file)}.bak`;
}

/** The target holds a file that must not be overwritten without `--force`. */
export class OutputExistsError extends SecondGlanceError<`${OutputKind}-exists`> {
  /**
   * @param status `foreign`: not written by secondglance, or edited since; `other`: made from another input
   * @param advice what the user can do, where that is not `--force` or another `-o`
   */
  constructor(
    file: string,
    kind: OutputKind,
    status: 'foreign' | 'other',
    {
      advice = kind === 'track' && status === 'foreign'
        ? trackAdvice(file)
        : '--force overwrites it, -o writes elsewhere',
      retryable = false,
    }: { readonly advice?: string; readonly retryable?: boolean } = {},
  ) {
    const why =
      status === 'foreign'
        ? 'already exists and was not written by secondglance (or was edited since)'
        : `is the ${kind} of another input`;
    super(`${kind}-exists`, `${file} ${why}: ${advice}`, { retryable });
  }
}
