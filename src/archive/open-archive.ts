import { existsSync } from 'node:fs';
import { orUsage, UsageError } from '../core/failures.ts';
import { zoneOf } from './clock/iso-time.ts';
import { parseMoment } from './clock/time-window.ts';
import { type Database, openDatabase } from './index/database.ts';
import { pictureFile } from './index/thumbnails.ts';
import { cameraNames } from './recordings/recordings.ts';
import { stateFileOf } from './watch/watch-settings.ts';

/** A state file that is read, while `watch` may be writing it. */
export interface OpenArchive {
  readonly db: Database;
  readonly file: string;
  readonly zone: string;
}

/** Opens the state file that `--state` names, does something with it, and closes it. Throws `state-missing` and the like. */
export async function withArchive<T>(
  state: string | undefined,
  act: (archive: OpenArchive) => T | Promise<T>,
): Promise<T> {
  const file = stateFileOf(state);
  const db = openDatabase(file, { create: false });
  try {
    return await act({ db, file, zone: zoneOf(db) });
  } finally {
    db.close();
  }
}

/** The span of time that `--since` and `--until` name, in the archive's zone. Throws a UsageError. */
export function parseSpan(
  { since, until }: { readonly since?: string; readonly until?: string },
  zone: string,
): { readonly since: number | undefined; readonly until: number | undefined } {
  const read = (text: string | undefined, flag: string): number | undefined =>
    text === undefined ? undefined : orUsage(() => parseMoment(text, flag, zone));
  const span = { since: read(since, '--since'), until: read(until, '--until') };
  if (span.since !== undefined && span.until !== undefined && span.until <= span.since) {
    throw new UsageError(`--until ${until} is not after --since ${since}: nothing lies between them`);
  }
  return span;
}

/** Checks the name of a camera, whose case does not matter. Throws a UsageError that names those that there are. */
export function checkCamera(db: Database, camera: string | undefined): void {
  if (camera === undefined) return;
  const known = cameraNames(db);
  if (known.some((name) => name.toLowerCase() === camera.toLowerCase())) return;
  throw new UsageError(`--camera ${camera}: there is no such camera; there are: ${known.join(', ') || 'none'}`);
}

/** The picture of a cue, where it is still there. */
export function pictureOf(file: string, cue: { readonly recording: number; readonly picture: number | null }) {
  if (cue.picture === null) return undefined;
  const picture = pictureFile(file, cue.recording, cue.picture);
  return existsSync(picture) ? picture : undefined;
}
