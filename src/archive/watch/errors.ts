import { SecondGlanceError } from '../../core/errors.ts';

/** A watched folder is unavailable: an unmounted share, a removed disk. */
export class FolderAwayError extends SecondGlanceError<'folder-away'> {
  constructor(folder: string) {
    super('folder-away', `${folder} is unavailable: its recordings wait until it is back`);
  }
}

/** The time window has closed; the recording in progress continues in the next one. */
export class WindowClosedError extends SecondGlanceError<'window-closed'> {
  constructor() {
    super('window-closed', 'the time window has closed');
  }
}

/** Failures of the machine or of a service that it needs: every other recording would fail too. */
const ENVIRONMENT: ReadonlySet<string> = new Set([
  'output-full',
  'state-full',
  'state-busy',
  'state-damaged',
  'redis-unreachable',
  'redis-full',
  'worker-start',
  'ffmpeg-missing',
]);
/** Failures of the place that a track goes to: the recording waits, for as long as it takes. */
const OUTPUT: ReadonlySet<string> = new Set([
  'output-permission',
  'output-folder-missing',
  'folder-away',
  'track-exists',
  'path-not-allowed',
]);

/** True where the failure says nothing about the recording and would hit every other one as well. */
export function isEnvironmentError({ code }: { readonly code: string }): boolean {
  return ENVIRONMENT.has(code);
}

/** True where not the recording has failed but the place of its track. */
export function isOutputError({ code }: { readonly code: string }): boolean {
  return OUTPUT.has(code);
}

/** True for a failure that `watch` waits out instead of ending. */
export function canWaitOut(error: unknown): error is SecondGlanceError {
  return error instanceof SecondGlanceError && error.retryable;
}
