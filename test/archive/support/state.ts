import path from 'node:path';
import { type Database, openDatabase } from '../../../src/archive/index/database.ts';
import { addRecording, type FoundRecording, type Recording } from '../../../src/archive/recordings/recordings.ts';
import { beginSession } from '../../../src/archive/recordings/work-sessions.ts';
import { makeFolder } from '../../support/videos.ts';

/** A state file in a folder of its own. */
export interface State {
  readonly folder: string;
  readonly file: string;
  readonly db: Database;
  readonly session: number;
  remove(): Promise<void>;
}

/** Makes an empty state file, in which a session has begun. */
export async function emptyState(): Promise<State> {
  const { path: folder, remove } = await makeFolder();
  const file = path.join(folder, 'night.db');
  const db = openDatabase(file, { create: true });
  return {
    ...{ folder, file, db },
    session: beginSession(db, undefined),
    async remove() {
      db.close();
      await remove();
    },
  };
}

let contents = 0;

/** Enters a recording that is complete; what is not said of it does not matter. */
export function added(db: Database, facts: Partial<FoundRecording> = {}): Recording {
  contents += 1;
  const recording = addRecording(db, {
    content: `content ${contents}`,
    path: `/cams/front/${contents}.mp4`,
    root: '/cams',
    camera: 'front',
    size: 1000,
    start: Date.parse('2026-11-24T02:00:00Z'),
    startFrom: 'name',
    duration: 60_000,
    ...facts,
  });
  if (recording === undefined) throw new Error('the recording was not entered');
  return recording;
}
