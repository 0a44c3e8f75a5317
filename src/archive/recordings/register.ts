import { existsSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { type MediaInfo, probe } from '../../ingest/probe/probe.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { namedTime } from '../clock/name-patterns.ts';
import { type WallClock, wallClock } from '../clock/wall-clock.ts';
import type { Database } from '../index/database.ts';
import { fingerprintOf } from './fingerprint.ts';
import {
  addRecording,
  dropReplaced,
  failRecording,
  knownContent,
  moveRecording,
  recordingOf,
  rememberContent,
  reviveRecording,
  type Unfinished,
} from './recordings.ts';
import type { FoundFile } from './scan.ts';

/** How times and cameras are read from files. */
export interface RegisterSettings {
  readonly zone: string;
  readonly names?: RegExp | undefined;
  /** A file that cannot be opened and was last changed so long ago (milliseconds) is broken, not unfinished. */
  readonly giveUp: number;
  /** The night in which something was found to be broken. */
  readonly night: () => number;
}

/** Containers that have no end to be written: they are complete as soon as nobody writes them. */
const ENDLESS = /mpegts|mpeg$|^h264|^hevc|mjpeg|flv|dhav/;

/** As the input of a run. */
export function sourceAt(file: { readonly path: string; readonly name?: string }): Source {
  return { kind: 'file', input: file.path, name: file.name ?? path.basename(file.path), label: file.path };
}

/** A date, or the hours of Frigate: a folder of such a name is no camera. */
const DATED = /^(?:\d{1,4}[-_.]?)+(?:[AP]M)?$|^recordings?$|^clips?$|^videos?$|^dav$/i;

/** The camera of a recording: as its name has it under its folder's, else the folder's, else the watched folder's. */
function cameraOf(file: FoundFile, named: string | undefined): string {
  const folders = file.name.split('/').slice(0, -1);
  return folders.find((folder) => !DATED.test(folder)) ?? named ?? path.basename(file.root);
}

/** What is said of a file that is not complete, without opening it. */
export function unfinished(file: FoundFile, names: RegExp | undefined, reason: string): Unfinished {
  const camera = cameraOf(file, namedTime(file.name, names)?.camera);
  return { path: file.path, camera, start: Math.round(file.changed), reason };
}

function isClosed({ duration, container }: MediaInfo): boolean {
  return duration !== null || ENDLESS.test(container);
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

/**
 * Enters a file that has been quiet, unless what it holds is known. Gives back why it is unfinished where it is; a file
 * that cannot be opened long after its last change is entered as failed, with the reason. One that vanishes is nothing.
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
  let media: MediaInfo | undefined;
  let failure: SecondGlanceError | undefined;
  try {
    media = await probe(sourceAt(file), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SecondGlanceError)) throw error;
    if (error.code === 'missing-file') return undefined;
    failure = error;
  }
  const duration = media?.duration === null || media === undefined ? 0 : Math.round(media.duration / 1000);
  const { start, from, camera: named } = await startOf(file, duration, settings, signal);
  const camera = cameraOf(file, named);
  const recent = Math.abs(Date.now() - file.changed) < settings.giveUp;
  if (recent && (failure !== undefined || (media !== undefined && !isClosed(media)))) {
    const reason = failure === undefined ? 'its container is not closed' : sentenceOf(failure);
    return { path: file.path, camera, start, reason };
  }
  const { path: at, root, size } = file;
  const added = addRecording(db, { content, path: at, root, camera, size, start, startFrom: from, duration });
  rememberContent(db, file.path, file.mark, content);
  if (added !== undefined) dropReplaced(db, added);
  if (added !== undefined && failure !== undefined) {
    failRecording(db, added.id, settings.night(), {
      code: failure.code,
      message: failure.message,
      retryable: failure.retryable,
    });
  }
  return undefined;
}
