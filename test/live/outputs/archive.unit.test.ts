import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cameraStatuses } from '../../../src/archive/cameras/camera-status.ts';
import { cutOf, findHit } from '../../../src/archive/clips/clip.ts';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { pictureFile } from '../../../src/archive/index/thumbnails.ts';
import { recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { makeReport } from '../../../src/archive/report/make-report.ts';
import { ArchiveDestination } from '../../../src/live/outputs/archive/archive-destination.ts';
import { type LiveState, openLiveState } from '../../../src/live/outputs/live-state.ts';
import { makeFolder } from '../../support/videos.ts';
import { caption, cue, happened, ManualClock, NOON, openCue, state as stateChange } from './support/events.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let file: string;
let state: LiveState & { readonly file: string };
const clock = new ManualClock();
const open = async (): Promise<ArchiveDestination> => {
  state = { ...(await openLiveState(file, 'Europe/Berlin')), file };
  return new ArchiveDestination(state, { days: 2 }, clock);
};
beforeEach(async () => {
  folder = await makeFolder();
  file = path.join(folder.path, 'state.db');
  clock.set(0);
});
afterEach(async () => {
  state.close();
  await folder.remove();
});

const search = (words: string) => searchCues(state.db, file, { words, limit: 10 });
const PICTURE = Buffer.from('JPEG');

test('cues are found at once, by kind, with their picture; an hour of a stream is a recording', async () => {
  const output = await open();
  await output.take(caption(1, 'A man walks', { picture: PICTURE }));
  await output.take(cue(1, 5, 'A man walks'));
  await output.take(caption(5, 'A dog', { picture: PICTURE }));
  await output.take(cue(5, 3700, 'A dog'));
  await output.take(cue(3700, 3705, 'A cat'));
  const [hit] = search('person');
  expect(hit).toMatchObject({ camera: 'front', start: NOON + 1000, end: NOON + 5000, file: 'live:front', offset: 0 });
  expect(existsSync(pictureFile(file, hit?.recording ?? 0, hit?.picture ?? 0))).toBe(true);
  expect(search('dog')[0]).toMatchObject({ moving: true, picture: 5000 });
  const recordings = recordingsWhere(state.db, '1 = 1');
  expect(recordings.map(({ start, duration, cues }) => [(start - NOON) / 1000, duration, cues])).toEqual([
    [1, 3_699_000, 2],
    [3700, 5000, 1],
  ]);
});

test('a cue that comes again after a kill is stored once', async () => {
  const before = await open();
  await before.take(cue(1, 5, 'A man walks'));
  state.close();
  const after = await open();
  await after.take(cue(1, 5, 'A man walks'));
  await after.take(cue(6, 7, 'Another man'));
  expect(
    search('man')
      .map(({ text }) => text)
      .sort(),
  ).toEqual(['A man walks', 'Another man']);
});

test('a caption that is still shown is found, with its picture; a kill loses seconds of it', async () => {
  const output = await open();
  await output.take(caption(1, 'A man walks', { picture: PICTURE }));
  await output.take(openCue(1, 1, 'A man walks'));
  expect(search('man')).toMatchObject([{ start: NOON + 1000, end: NOON + 1000, picture: 1000 }]);
  await output.take(openCue(1, 3600, 'A man walks'));
  await output.take(openCue(1, 3603, 'A man walks'));
  state.close();
  const next = await open();
  expect(search('man')).toMatchObject([{ end: NOON + 3_603_000 }]);
  await next.take(cue(1, 3604, 'An old man walks', { confidence: 0.95 }));
  expect(search('old man')).toMatchObject([
    { start: NOON + 1000, end: NOON + 3_604_000, text: 'An old man walks', picture: 1000 },
  ]);
  expect(search('walks')).toHaveLength(1);
  expect(recordingsWhere(state.db, '1 = 1')).toMatchObject([{ cues: 1, duration: 3_603_000 }]);
});

test('an event is found with its support and picture; one that its frames do not agree on is not', async () => {
  const output = await open();
  await output.take(caption(2, 'A man', { picture: PICTURE }));
  await output.take(openCue(1, 2, 'A man'));
  await output.take(happened(1, 9, 'A man opens a door', { support: 5, frames: 6, picture: PICTURE }));
  await output.take(cue(1, 9, 'A man opens a door'));
  expect(search('man')).toMatchObject([
    { start: NOON + 1000, end: NOON + 9000, text: 'A man opens a door', support: { support: 5, frames: 6 } },
  ]);
  expect(existsSync(pictureFile(file, search('man')[0]?.recording ?? 0, search('man')[0]?.picture ?? -1))).toBe(true);
  await output.take(openCue(9, 12, 'A cow'));
  expect(search('cow')).toHaveLength(1);
  await output.take(happened(9, 13, 'A cow', { unsure: true }));
  expect(search('cow')).toEqual([]);
  expect(recordingsWhere(state.db, '1 = 1')).toMatchObject([{ cues: 1 }]);
});

test('a report lists the moments of a stream, without links to files that are not there', async () => {
  const output = await open();
  await output.take(cue(1, 5, 'A tree'));
  await output.take(cue(5, 9, 'A man walks'));
  const { html, counts, zone } = await makeReport({ date: '2026-11-26', state: file }, NOON);
  expect({ counts, zone }).toEqual({
    counts: {
      ...{ cameras: 1, recordings: 1, described: 1, partial: 0, failed: 0, waiting: 0 },
      ...{ unfinished: 0, gone: 0, guessed: 0, moments: 1 },
    },
    zone: 'Europe/Berlin',
  });
  expect(html).toContain('13:00:05 A man walks');
  expect(html).not.toContain('file://');
  await expect(findHit(state.db, search('man')[0]?.id ?? '')).rejects.toThrow(
    /seen in the live stream of front, which secondglance does not record/,
  );
});

test('what another program has recorded is found in its file, for as long as that is there', async () => {
  const output = await open();
  const recorded = path.join(folder.path, 'front-1.ts');
  await writeFile(recorded, 'a');
  const segment = { file: recorded, start: NOON - 20_000 };
  await output.take(openCue(1, 1, 'A man walks', { segment }));
  await output.take(cue(1, 5, 'A man walks', { segment }));
  await output.take(cue(70, 75, 'A man sits', { segment: { file: `${recorded}.2`, start: NOON + 60_000 } }));
  await output.take(cue(100, 101, 'A man runs'));
  const seen = () => search('man').map(({ text, file: where, offset }) => [text, path.basename(where), offset]);
  expect(seen()).toEqual([
    ['A man runs', 'live:front', 99_000],
    ['A man sits', 'front-1.ts.2', 10_000],
    ['A man walks', 'front-1.ts', 21_000],
  ]);
  const [, gone, there] = search('man');
  const before = await findHit(state.db, there?.id ?? '');
  expect(before.recording).toMatchObject({ path: recorded, start: NOON - 20_000 });
  expect(cutOf(before, { before: 3000, after: 1000 })).toMatchObject({ from: 18_000_000, length: 8_000_000 });
  // It has grown meanwhile: a clip that was cut before is another one.
  await writeFile(recorded, 'ab');
  expect((await findHit(state.db, there?.id ?? '')).recording.content).not.toBe(before.recording.content);
  await expect(findHit(state.db, gone?.id ?? '')).rejects.toMatchObject({ code: 'recording-gone' });
  const { html } = await makeReport({ date: '2026-11-26', state: file }, NOON);
  expect(html).toContain(`file://${recorded}.2#t=10`);
  await clock.pass(3 * 86_400_000);
  await output.work();
  expect(state.db.prepare("SELECT name FROM facts WHERE name LIKE 'segments%'").all()).toEqual([]);
});

test('what is older than --keep-days is removed, with its pictures', async () => {
  const output = await open();
  await output.take(caption(1, 'A man walks', { picture: PICTURE }));
  await output.take(cue(1, 5, 'A man walks'));
  await output.work();
  const [hit] = search('man');
  expect(hit).toBeDefined();
  await clock.pass(3 * 86_400_000);
  await output.take(cue(3 * 86_400, 3 * 86_400 + 5, 'A woman'));
  await output.work();
  expect(search('person').map(({ text }) => text)).toEqual(['A woman']);
  expect(existsSync(pictureFile(file, hit?.recording ?? 0, hit?.picture ?? 0))).toBe(false);
  expect(recordingsWhere(state.db, '1 = 1')).toHaveLength(1);
});

test('two runs on one state file: the second is refused', async () => {
  await open();
  await expect(openLiveState(file, 'UTC')).rejects.toMatchObject({ code: 'already-watched' });
});

test('how a camera is connected is stored; after the end, and 90 s after a kill, live counts as stopped', async () => {
  const output = await open();
  const states = (): readonly unknown[] =>
    cameraStatuses(state.db, clock.now()).map(({ name, state: is, since, reason }) => [name, is, since, reason]);
  await output.take(stateChange(0, 'live'));
  expect(states()).toEqual([['front', 'live', NOON, undefined]]);
  await output.take(stateChange(7, 'failed', { reason: 'connection refused' }));
  await clock.pass(60_000);
  await output.work();
  await clock.pass(60_000);
  expect(states()).toEqual([['front', 'failed', NOON + 7000, 'connection refused']]);
  await clock.pass(30_000);
  expect(states()).toEqual([['front', 'stopped', undefined, undefined]]);
  await output.work();
  expect(states()).toEqual([['front', 'failed', NOON + 7000, 'connection refused']]);
  await output.close();
  expect(states()).toEqual([['front', 'stopped', undefined, undefined]]);
});
