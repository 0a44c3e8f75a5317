import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseNames } from '../../../src/archive/clock/name-patterns.ts';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { redateRecordings } from '../../../src/archive/recordings/redate.ts';
import { rememberContent } from '../../../src/archive/recordings/seen-files.ts';
import { type Archive, describeRecording } from '../support/archive.ts';
import { emptyState, type State } from '../support/state.ts';

let state: State;
let archive: Archive;
beforeEach(async () => {
  state = await emptyState();
  archive = state;
});
afterEach(() => state.remove());

const ROOT = '/recordings';
const GUESSED = '2026-11-27T07:00:00Z';

/** A described recording whose time was guessed. */
async function guessed(name: string, camera: string, changed = GUESSED): Promise<void> {
  const path = `${ROOT}/${name}`;
  rememberContent(state.db, path, `1000 ${Date.parse(changed)} 7`, name);
  const made = { camera, start: GUESSED, startFrom: 'mtime', path, content: name } as const;
  await describeRecording(archive, made, [
    { at: 1, text: 'a man at the door', support: [2, 3] },
    { at: 20.5, text: 'a dog on the lawn' },
  ]);
}

const hits = (words: string, camera?: string) =>
  searchCues(state.db, state.file, { words, ...(camera === undefined ? {} : { camera }), limit: 10 }).map((hit) =>
    new Date(hit.start).toISOString(),
  );

test('names that can be read now correct times and cameras of what is described, and are read once', async () => {
  await guessed('front/24.11.2026 22-05-09.mp4', 'front');
  await guessed('2026-11-24_yard/23-00-00.mp4', '2026-11-24_yard');
  await guessed('front/holiday.mp4', 'front');

  // The pattern that ships reads one of them.
  expect(redateRecordings(state.db, { roots: [ROOT], zone: 'Europe/Berlin' })).toBe(1);
  expect(hits('dog', 'yard')).toEqual(['2026-11-24T22:00:20.500Z']);
  expect(hits('dog', '2026-11-24_yard')).toEqual([]);
  expect(redateRecordings(state.db, { roots: [ROOT], zone: 'Europe/Berlin' })).toBe(0);

  const names = parseNames('%d.%m.%Y %H-%M-%S');
  expect(redateRecordings(state.db, { roots: [ROOT], zone: 'Europe/Berlin', names })).toBe(1);
  expect(hits('man')).toEqual(['2026-11-27T07:00:01.000Z', '2026-11-24T22:00:01.000Z', '2026-11-24T21:05:10.000Z']);
  expect(recordingsWhere(state.db, '1').map(({ startFrom }) => startFrom)).toEqual(['name', 'name', 'mtime']);
  // A zone that was wrong moves what names say, and nothing else.
  expect(redateRecordings(state.db, { roots: [ROOT], zone: 'UTC', names })).toBe(1);
  expect(hits('man')).toContain('2026-11-24T22:05:10.000Z');
});

test('another folder, and a name whose time cannot be, stay as they are', async () => {
  await guessed('front/2026-11-24/22-05-09.mp4', 'front');
  await guessed('front/2000-01-01/00-00-09.mp4', 'front');
  expect(redateRecordings(state.db, { roots: ['/elsewhere'], zone: 'UTC' })).toBe(0);
  expect(redateRecordings(state.db, { roots: [ROOT], zone: 'UTC' })).toBe(1);
  expect(hits('dog')).toEqual(['2026-11-27T07:00:20.500Z', '2026-11-24T22:05:29.500Z']);
});
