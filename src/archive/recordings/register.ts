import { existsSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { probe } from '../../ingest/probe/probe.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { withoutDate } from '../clock/dated-folders.ts';
import { namedTime } from '../clock/name-patterns.ts';
import { type WallClock, wallClock } from '../clock/wall-clock.ts';
import type { Database } from '../index/database.ts';
import { isEnvironmentError } from '../watch/errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import {
  addRecording,
  dropReplaced,
  failRecording,
  moveRecording,
  recordingOf,
  reviveRecording,
} from './recordings.ts';
import type { FoundFile } from './scan.ts';
import { knownContent, rememberContent, type Unfinished } from './seen-files.ts';

/** How times and cameras are read from files. */
export interface RegisterSettings {
  readonly zone: string;
  readonly names?: RegExp | undefined;
  /** A file that cannot be opened is broken, and not unfinished, once its last change is this old (milliseconds). */
  readonly brokenAfter: number;
  /** Id of the session in which a file is found to be broken. */
  readonly session: () => number;
  /** Called for a file that is found to be broken. */
  readonly onBroken: (file: string, failure: SecondGlanceError) => void;
}

/** Containers without a trailer: they are complete as soon as nothing writes to them. */
const NO_TRAILER = /mpegts|mpeg$|^h264|^hevc|mjpeg|flv|dhav/;

/** A file as the source of a run. */
export function sourceAt(file: { readonly path: string; readonly name?: string }): Source {
  return { kind: 'file', input: file.path, name: file.name ?? path.basename(file.path), label: file.path };
}

/** Folders of a recorder's layout; such a name is not a camera's. */
const NOT_A_CAMERA = /^(?:record(?:ings?)?|mp4record|clips?|videos?|dav)$/i;

/**
 * The camera of a recording: the first folder that can be one, without a date in its name, else what the file's name says, else the
 * watched folder.
 */
export function cameraOf(file: Pick<FoundFile, 'name' | 'root'>, named: string | undefined): string {
  const folders = file.name.split('/').slice(0, -1);
  const names = folders.filter((folder) => !NOT_A_CAMERA.test(folder)).map(withoutDate);
  return names.find((name) => name !== '') ?? named ?? path.basename(file.root);
}

/** What the name of a recording says, as registering reads it. */
export interface ReadName {
  readonly camera: string;
  /** False where the name has no time. */
  readonly timed: boolean;
}

/** Reads the name of a file without opening it. */
export function readName(file: FoundFile, names: RegExp | undefined): ReadName {
  const named = namedTime(file.name, names);
  return { camera: cameraOf(file, named?.camera), timed: named !== undefined };
}

/** Why a file is unfinished that has changed a moment ago. */
export const STILL_WRITTEN = 'it is still being written';

/** Describes an unfinished file without opening it. */
export function unfinished(file: FoundFile, names: RegExp | undefined, reason: string): Unfinished {
  const { camera } = readName(file, names);
  return { path: file.path, camera, start: Math.round(file.changed), reason };
}

function isClosed({ duration, counted, container }: MediaInfo): boolean {
  return (duration !== null && counted === undefined) || NO_TRAILER.test(container);
}

async function startOf(
  file: FoundFile,
  duration: number,
  { zone, names }: RegisterSettings,
  signal: AbortSignal,
): Promise<WallClock> {
  const request = { path: file.name, zone, changed: file.changed, duration, names };
  return wallClock(sourceAt(file), request, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof SecondGlanceError)) throw error;
    return { start: Math.round(file.changed - duration), from: 'mtime' as const };
  });
}

/** What ffprobe says of a file: its media, or why it cannot be opened; undefined where the file has just disappeared. */
async function examine(
  file: FoundFile,
  signal: AbortSignal,
): Promise<{ readonly media: MediaInfo } | { readonly failure: SecondGlanceError } | undefined> {
  try {
    return { media: await probe(sourceAt(file), { signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SecondGlanceError) || isEnvironmentError(error)) throw error;
    return error.code === 'missing-file' ? undefined : { failure: error };
  }
}

/**
 * Registers a file that has been stable, unless a recording with its fingerprint is known. A file that cannot be opened
 * long after its last change is registered as failed. Returns what is known about an unfinished file; undefined where the
 * file is registered, or has disappeared.
 */
export async function registerRecording(
  db: Database,
  file: FoundFile,
  settings: RegisterSettings,
  signal: AbortSignal,
): Promise<Unfinished | undefined> {
  let content = knownContent(db, file.path, file.mark);
  const before = content === undefined ? undefined : recordingOf(db, content);
  if (before !== undefined && before.state !== 'gone') return undefined;
  try {
    content ??= await fingerprintOf(file.path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    return unfinished(file, settings.names, sentenceOf(error));
  }
  const known = recordingOf(db, content);
  if (known !== undefined) {
    rememberContent(db, file.path, file.mark, content);
    if (known.path !== file.path && !existsSync(known.path)) moveRecording(db, known.id, file.path, file.root);
    if (known.state === 'gone') reviveRecording(db, known.id);
    return undefined;
  }

  const examined = await examine(file, signal);
  if (examined === undefined) return undefined;
  const media = 'media' in examined ? examined.media : undefined;
  const failure = 'failure' in examined ? examined.failure : undefined;
  const duration = media === undefined || media.duration === null ? 0 : Math.round(media.duration / 1000);
  const { start, from, camera: named } = await startOf(file, duration, settings, signal);
  const camera = cameraOf(file, named);
  const recent = Math.abs(Date.now() - file.changed) < settings.brokenAfter;
  if (recent && (failure !== undefined || (media !== undefined && !isClosed(media)))) {
    const reason = failure === undefined ? 'its container is not closed' : sentenceOf(failure);
    return { path: file.path, camera, start, reason };
  }

  const { path: at, root, size } = file;
  const added = addRecording(db, { content, path: at, root, camera, size, start, startFrom: from, duration });
  rememberContent(db, file.path, file.mark, content);
  if (added !== undefined) dropReplaced(db, added);
  if (added !== undefined && failure !== undefined) {
    const { code, message, retryable } = failure;
    const state = failRecording(db, added.id, settings.session(), { code, message, retryable });
    if (state === 'failed') settings.onBroken(at, failure);
  }
  return undefined;
}
