import { stat } from 'node:fs/promises';
import path from 'node:path';
import { digest } from '../../captioning/input-identity.ts';
import { errnoOf } from '../../core/errors.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { type Cut, type CutWay, cutClip } from '../../pipeline/media/cut.ts';
import { formatLocal } from '../clock/time-zone.ts';
import { ArchiveError } from '../errors.ts';
import type { Database } from '../index/database.ts';
import { isLivePath } from '../index/live-cues.ts';
import { cueById, type Hit } from '../index/search-cues.ts';
import { fingerprintOf } from '../recordings/fingerprint.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import { sourceAt } from '../recordings/register.ts';

/** A hit and its recording. */
export interface FoundHit {
  readonly hit: Hit;
  readonly recording: Recording;
}

/** How much of the recording around a cue to include, in milliseconds. */
export interface Margins {
  readonly before: number;
  readonly after: number;
}

/** The file in which another program has recorded a hit of a live stream, as it is now: it may still grow. Throws `recording-gone`. */
async function segmentOf({ file, start, offset }: Hit, recording: Recording): Promise<Recording> {
  const found = await stat(file).catch((cause: unknown) => {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    throw new ArchiveError('recording-gone', `${file} no longer exists: whatever recorded it has removed it`);
  });
  const content = digest({ file, size: found.size, changed: found.mtimeMs });
  return { ...recording, content, path: file, size: found.size, start: start - offset, duration: 0 };
}

/**
 * The hit with an id, if its recording is unchanged since it was captioned. Throws `no-such-hit`, and `recording-gone`
 * where the recording was moved, deleted or overwritten.
 */
export async function findHit(db: Database, id: string): Promise<FoundHit> {
  const hit = cueById(db, id);
  const recording = hit === undefined ? undefined : recordingsWhere(db, 'r.id = ?', hit.recording)[0];
  if (hit === undefined || recording === undefined) {
    throw new ArchiveError('no-such-hit', `${id}: there is no such hit (any more); secondglance search lists the ids`);
  }
  if (isLivePath(hit.file)) {
    throw new ArchiveError(
      'recording-gone',
      `${id} was seen in the live stream of ${recording.camera}, which secondglance does not record: live --segments links what another program records`,
    );
  }
  if (isLivePath(recording.path)) return { hit, recording: await segmentOf(hit, recording) };
  const content = await fingerprintOf(recording.path).catch((cause: unknown) => {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    return undefined;
  });
  if (content === recording.content) return { hit, recording };
  const what = content === undefined ? 'no longer exists' : 'was overwritten with another recording';
  throw new ArchiveError(
    'recording-gone',
    `${recording.path} ${what}: once secondglance watch has found the recording's new path, export uses it`,
    { retryable: true },
  );
}

/** The range to cut out of a recording for a hit. */
export function cutOf({ hit, recording }: FoundHit, { before, after }: Margins): Cut {
  const from = Math.max(0, hit.offset - before);
  const end = hit.offset + (hit.end - hit.start) + after;
  const last = recording.duration > 0 ? Math.max(from + 1, Math.min(end, recording.duration)) : end;
  return { from: from * 1000, length: (last - from) * 1000, recorded: recording.start + from };
}

/**
 * Writes a part of a recording to a temp file, as an MP4. Throws as `cutClip`; an IngestError where the recording cannot be read, or `recording-open`
 * where it is one of another program.
 */
export async function writeClip(recording: Recording, cut: Cut, target: string, signal: AbortSignal): Promise<CutWay> {
  const video = sourceAt(recording);
  const media = await probe(video, { signal }).catch((cause: unknown) => {
    // MP4 has its index at its end, unless it is fragmented.
    if (recording.startFrom !== 'live' || signal.aborted) throw cause;
    throw new ArchiveError('recording-open', `${recording.path} cannot be read: it may still be written`, { cause });
  });
  return cutClip(video, media, cut, target, signal);
}

/** `front-2026-11-24T22-05-09.250.mp4`: a file name for a hit's clip that is valid on any file system. */
export function clipName({ camera, start }: Hit, zone: string): string {
  const when = formatLocal(start, zone).replace(' ', 'T').replaceAll(':', '-');
  const safe = camera.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'camera';
  return `${path.basename(safe).slice(0, 100)}-${when}.${String(start % 1000).padStart(3, '0')}.mp4`;
}
