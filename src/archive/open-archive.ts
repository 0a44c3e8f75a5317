import { existsSync } from 'node:fs';
import { orUsage, UsageError } from '../core/failures.ts';
import { zoneOf } from './clock/iso-time.ts';
import { parseMoment } from './clock/time-window.ts';
import { type Database, openDatabase, readableError } from './index/database.ts';
import { pictureFile } from './index/thumbnails.ts';
import { cameraNames } from './recordings/recordings.ts';
import { stateFileOf } from './watch/watch-settings.ts';

/** A state file that is open for reading; `watch` may write it at the same time. */
export interface OpenArchive {
  readonly db: Database;
  readonly file: string;
  /** The recorders' zone, as IANA names it. */
  readonly zone: string;
}

/** Opens a state file (see `stateFileOf`) for the duration of `act`. Throws `state-missing` and the like. */
export async function withArchive<T>(
  state: string | undefined,
  act: (archive: OpenArchive) => T | Promise<T>,
): Promise<T> {
  const file = stateFileOf(state);
  const db = openDatabase(file, { create: false });
  try {
    return await act({ db, file, zone: zoneOf(db) });
  } catch (error) {
    throw readableError(file, error);
  } finally {
    db.close();
  }
}

/** A span of time as a user gives it; see `parseMoment`. */
export interface SpanText {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Parses `--since` and `--until` in the archive's zone. Throws a UsageError. */
export function parseSpan(
  { since, until }: SpanText,
  zone: string,
): { readonly since: number | undefined; readonly until: number | undefined } {
  const read = (text: string | undefined, flag: string): number | undefined =>
    text === undefined ? undefined : orUsage(() => parseMoment(text, flag, zone));
  const span = { since: read(since, '--since'), until: read(until, '--until') };
  if (span.since !== undefined && span.until !== undefined && span.until <= span.since) {
    throw new UsageError(`--until ${until} is not after --since ${since}: the range is empty`);
  }
  return span;
}

/** Checks a camera's name, whose case does not matter. Throws a UsageError that lists the known cameras. */
export function checkCamera(db: Database, camera: string | undefined): void {
  if (camera === undefined) return;
  const known = cameraNames(db);
  if (known.some((name) => name.toLowerCase() === camera.toLowerCase())) return;
  throw new UsageError(`--camera ${camera}: there is no such camera; there are: ${known.join(', ') || 'none'}`);
}

/** Path of a cue's picture; undefined where it has none, or the file is gone. */
export function pictureOf(file: string, cue: { readonly recording: number; readonly picture: number | null }) {
  if (cue.picture === null) return undefined;
  const picture = pictureFile(file, cue.recording, cue.picture);
  return existsSync(picture) ? picture : undefined;
}
