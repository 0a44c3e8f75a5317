import { SecondGlanceError } from '../../core/errors.ts';

/** Another `watch` works with the same state file. */
export class AlreadyWatchedError extends SecondGlanceError<'already-watched'> {
  constructor(file: string, cause?: unknown) {
    super('already-watched', `another secondglance watch works with ${file}: stop it, or name another --state`, {
      cause,
      retryable: true,
    });
  }
}

/** A watched folder is away: a share that is not mounted, a disk that was taken out. */
export class FolderAwayError extends SecondGlanceError<'folder-away'> {
  constructor(folder: string) {
    super('folder-away', `${folder} is away: its recordings wait until it is back`, { retryable: true });
  }
}

/** The window has closed; the recording in work goes on in the next one. */
export class WindowClosedError extends SecondGlanceError<'window-closed'> {
  constructor() {
    super('window-closed', 'the window has closed', { retryable: true });
  }
}

/** Troubles of the machine, not of a recording: the whole run waits. */
const HINDRANCES: ReadonlySet<string> = new Set(['output-full', 'state-full', 'redis-unreachable', 'redis-full']);
/** Troubles of a place: what would go there waits, for as long as it takes. */
const PLACES: ReadonlySet<string> = new Set([
  'output-permission',
  'output-folder-missing',
  'folder-away',
  'track-exists',
  'path-not-allowed',
]);

/** True where no other recording would fare better for now. */
export function isEnvironmentError(error: unknown): error is SecondGlanceError {
  return error instanceof SecondGlanceError && HINDRANCES.has(error.code);
}

/** True where it is not the recording that has failed, but the place of its track. */
export function isOutputError({ code }: SecondGlanceError): boolean {
  return PLACES.has(code);
}
