import { errnoOf, SecondGlanceError } from '../core/errors.ts';

/**
 * What can go wrong between the captions and the finished track.
 * - `output-full`: the disk or the quota is full (retryable).
 * - `output-permission`: the target may not be written, or lies on a read-only disk.
 * - `output-folder-missing`: the folder of the target does not exist, or a file stands in its place.
 * - `output-is-folder`: the target is a folder.
 * - `output-name`: the target's name is too long for its disk.
 * - `output-changed`: something else wrote the target while the track was being made.
 * - `output-closed`: the reader of a pipe has gone; a clean end for a run that writes to stdout.
 * - `output-failed`: any other trouble of the disk (retryable).
 * - `not-a-track`: what should be a WebVTT or SubRip file is something else.
 * - `captions-incomplete`: a group never came, or came too far ahead of its turn.
 * - `journal-busy`: another run works on the same input with the same settings (retryable).
 * - `journal-lost`: this run was stopped for so long that another one took over its journal (retryable).
 */
export type OutputErrorCode =
  | 'output-full'
  | 'output-permission'
  | 'output-folder-missing'
  | 'output-is-folder'
  | 'output-name'
  | 'output-changed'
  | 'output-closed'
  | 'output-failed'
  | 'not-a-track'
  | 'captions-incomplete'
  | 'journal-busy'
  | 'journal-lost';

/** A failure of this room: of ordering captions, writing tracks, or keeping the journal. */
export class OutputError extends SecondGlanceError<OutputErrorCode> {}

/** The OutputError for a failed file operation. `doing` reads like `write the track /films/holiday.vtt`. */
export function outputError(cause: unknown, doing: string): OutputError {
  if (cause instanceof OutputError) return cause;
  const errno = errnoOf(cause);
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new OutputError('output-full', `cannot ${doing}: the disk is full; free some space and run it again`, {
        cause,
        retryable: true,
      });
    case 'EACCES':
    case 'EPERM':
      return new OutputError(
        'output-permission',
        `cannot ${doing}: no permission; choose a place that you may write to`,
        {
          cause,
        },
      );
    case 'EROFS':
      return new OutputError(
        'output-permission',
        `cannot ${doing}: the disk is read-only; choose a place that you may write to`,
        { cause },
      );
    case 'ENOENT':
      return new OutputError('output-folder-missing', `cannot ${doing}: its folder does not exist`, { cause });
    case 'ENOTDIR':
    case 'EEXIST':
      return new OutputError('output-folder-missing', `cannot ${doing}: a file stands where a folder should`, {
        cause,
      });
    case 'EISDIR':
      return new OutputError('output-is-folder', `cannot ${doing}: that is a folder`, { cause });
    case 'ENAMETOOLONG':
      return new OutputError('output-name', `cannot ${doing}: the name is too long for this disk`, { cause });
    case 'EPIPE':
    case 'ERR_STREAM_DESTROYED':
    case 'ERR_STREAM_WRITE_AFTER_END':
      return new OutputError('output-closed', `cannot ${doing}: the reader has closed the pipe`, { cause });
    default: {
      const what = cause instanceof Error ? cause.message : String(cause);
      return new OutputError('output-failed', `cannot ${doing}: ${what}`, { cause, retryable: true });
    }
  }
}

/** What an output is; the error code of {@link OutputExistsError} starts with it. */
export type OutputKind = 'track' | 'clip' | 'report' | 'guide';

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
      advice = '--force overwrites it, -o writes elsewhere',
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
