import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type Database, openDatabase, writeFact } from '../../../src/archive/index/database.ts';
import { IndexWriter, type OnIndexed } from '../../../src/archive/index/index-cues.ts';
import { pictureFile } from '../../../src/archive/index/thumbnails.ts';
import { addRecording, type Recording } from '../../../src/archive/recordings/recordings.ts';
import { beginSession } from '../../../src/archive/recordings/work-sessions.ts';
import type { Caption, Cue } from '../../../src/core/types.ts';

/** A state file that a test fills through the functions that `watch` fills its own with. */
export interface Archive {
  readonly file: string;
  readonly db: Database;
  /** The session in which everything is captioned. */
  readonly session: number;
}

/** What is seen in a recording from `at` seconds after its start on. */
export interface Sight {
  readonly at: number;
  readonly text: string;
  /** Seconds. */
  readonly lasts?: number;
  readonly still?: boolean;
  readonly confidence?: number;
  /** Of an event: how many of how many keyframes say the same. */
  readonly support?: readonly [support: number, frames: number];
  /** Colour of its picture; without one it has none. */
  readonly colour?: string;
}

/** A recording to enter. */
export interface MadeRecording {
  readonly camera: string;
  /** As `Date` reads it. */
  readonly start: string;
  /** Seconds. */
  readonly duration?: number;
  readonly path?: string;
  readonly content?: string;
  readonly frames?: string;
  readonly passes?: 1 | 2;
  readonly startFrom?: Recording['startFrom'];
  /** Index of the keyframe of the first sight; default: 1. */
  readonly firstIndex?: number;
}

/** Makes an empty archive. */
export function makeArchive(file: string, zone = 'UTC'): Archive {
  const db = openDatabase(file, { create: true });
  writeFact(db, 'zone', zone);
  return { file, db, session: beginSession(db, undefined) };
}

/** Enters a recording that waits to be described. */
export function enterRecording({ db }: Archive, made: MadeRecording): Recording {
  const { camera, start, duration = 60 } = made;
  const at = Date.parse(start);
  const file = made.path ?? `/recordings/${camera}/${start.replaceAll(':', '-')}.mp4`;
  const recording = addRecording(db, {
    content: made.content ?? `${camera} ${at}`,
    path: file,
    root: '/recordings',
    camera,
    size: 1000,
    start: at,
    startFrom: made.startFrom ?? 'name',
    duration: duration * 1000,
  });
  if (recording === undefined) throw new Error('it was not entered');
  return recording;
}

/** Enters a recording with what is seen in it, as `watch` does when it has described one. */
export async function describeRecording(
  archive: Archive,
  made: MadeRecording,
  sights: readonly Sight[],
  onIndexed: OnIndexed = () => undefined,
): Promise<Recording> {
  const { db, file, session } = archive;
  const recording = enterRecording(archive, made);
  const record = {
    frames: made.frames ?? 'motion',
    passes: made.passes ?? 2,
    track: `${recording.path}.vtt`,
    began: 0,
    session,
  };
  const writer = new IndexWriter(db, file, recording, record, onIndexed);
  for (const [place, { at, text, lasts = 2, still = false, confidence = 0.5, support, colour }] of sights.entries()) {
    const pts = Math.round(at * 1e6);
    // The first keyframe of a recording shows no movement.
    const index = place + (made.firstIndex ?? 1);
    const caption: Caption = { video: '', index, pts, still, draft: text, text, confidence, passes: 2 };
    await writer.caption(caption);
    const cue: Cue = { start: pts, end: pts + lasts * 1e6, text, from: [index] };
    if (support !== undefined) {
      const [agreeing, frames] = support;
      const times = { start: cue.start, end: cue.end, first: index, last: index };
      await writer.event({ index: place, ...times, text, confidence, support: agreeing, frames });
    }
    await writer.cue(cue);
    if (colour !== undefined) await picture(pictureFile(file, recording.id, index), colour);
  }
  await writer.finish({ end: recording.duration * 1000 });
  return recording;
}

async function picture(file: string, background: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const create = { width: 128, height: 72, channels: 3, background } as const;
  await writeFile(file, await sharp({ create }).jpeg().toBuffer());
}
