import { appendFile, copyFile, mkdir, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/archive/recordings/fingerprint.ts';
import { failRecording, type Recording, recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { registerRecording } from '../../../src/archive/recordings/register.ts';
import { type FoundFile, findRecordings, StabilityDetector } from '../../../src/archive/recordings/scan.ts';
import type { Unfinished } from '../../../src/archive/recordings/seen-files.ts';
import { NEVER } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';
import { emptyState, type State } from '../support/state.ts';

const HOUR = 3_600_000;

let made: Awaited<ReturnType<typeof makeFolder>>;
let state: State;
let cams: string;
beforeAll(async () => {
  made = await makeFolder();
  const red = ['-f', 'lavfi', '-i', 'color=red:s=64x48:r=5:d=2', '-c:v', 'mpeg4'];
  await ffmpeg(...red, path.join(made.path, 'red.mp4'));
  await ffmpeg(...red, '-live', '1', path.join(made.path, 'live.mkv'));
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'color=blue:s=64x48:r=5:d=3',
    '-c:v',
    'mpeg2video',
    path.join(made.path, 'blue.ts'),
  );
}, 60_000);
afterAll(() => made.remove());
beforeEach(async () => {
  state = await emptyState();
  cams = path.join(state.folder, 'cams');
  await mkdir(cams);
});
afterEach(() => state.remove());

/** Ages count from here, however long a test takes. */
const NOW = Date.now();

async function put(from: string, name: string, age = 0): Promise<string> {
  const file = path.join(cams, name);
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(path.join(made.path, from), file);
  await aged(file, age);
  return file;
}

async function aged(file: string, age: number): Promise<void> {
  const changed = (NOW - age) / 1000;
  await utimes(file, changed, changed);
}

const files = (): Promise<FoundFile[]> =>
  findRecordings(cams, (folder, error) => {
    throw new Error(folder, { cause: error });
  });

/** Files that were said to be broken. */
let broken: string[] = [];

/** Enters everything that lies there, as if it had been quiet. */
async function enter(): Promise<Unfinished[]> {
  const unfinished: Unfinished[] = [];
  broken = [];
  for (const file of await files()) {
    const onBroken = (path: string): unknown => broken.push(path);
    const settings = { zone: 'UTC', brokenAfter: HOUR, session: () => state.session, onBroken };
    const reason = await registerRecording(state.db, file, settings, NEVER);
    if (reason !== undefined) unfinished.push(reason);
  }
  return unfinished;
}

const all = (): Recording[] => recordingsWhere(state.db, '1');

describe('what is found', () => {
  test('recordings in order of their names; nothing hidden, no folder behind a link, no playlist, no note', async () => {
    for (const name of ['b/2.mp4', 'a/1.MKV', 'c.dav']) await put('red.mp4', name);
    for (const name of ['.hidden.mp4', 'a/notes.txt', 'list.m3u8', '.trash/3.mp4']) await put('red.mp4', name);
    await symlink(made.path, path.join(cams, 'elsewhere'));
    expect((await files()).map(({ name }) => name)).toEqual(['a/1.MKV', 'b/2.mp4', 'c.dav']);
  });

  test('a folder that is away is told', async () => {
    const told: string[] = [];
    expect(await findRecordings(path.join(cams, 'away'), (folder) => told.push(folder))).toEqual([]);
    expect(told).toEqual([path.join(cams, 'away')]);
  });

  test('quiet: size and time of change stay the same for so long, by our own clock', async () => {
    const file = await put('red.mp4', 'front.mp4');
    const quiet = new StabilityDetector(15_000);
    const observe = async (now: number): Promise<number> => quiet.observe(await files(), now).length;
    expect(await observe(0)).toBe(0);
    expect(await observe(14_999)).toBe(0);
    expect(await observe(15_000)).toBe(1);
    await appendFile(file, 'more');
    expect(await observe(16_000)).toBe(0);
    // The wall's clock was put back an hour: that changes the file's time, and nothing else.
    await aged(file, HOUR);
    expect(await observe(30_000)).toBe(0);
    expect(await observe(45_000)).toBe(1);
    await rm(file);
    expect(await observe(46_000)).toBe(0);
    await put('red.mp4', 'front.mp4');
    expect(await observe(47_000)).toBe(0);
    expect(new StabilityDetector(0).observe(await files(), 0)).toHaveLength(1);
  });
});

describe('content', () => {
  test('stays with a file that is renamed or copied; every change of it, and of its length, is another', async () => {
    const file = await put('red.mp4', 'a.mp4');
    const content = await fingerprintOf(file);
    expect(content).toMatch(/^[0-9a-f]{32}$/);
    await rename(file, path.join(cams, 'b.mp4'));
    expect(await fingerprintOf(path.join(cams, 'b.mp4'))).toBe(content);
    await appendFile(path.join(cams, 'b.mp4'), 'x');
    expect(await fingerprintOf(path.join(cams, 'b.mp4'))).not.toBe(content);
    await writeFile(file, '');
    expect(await fingerprintOf(file)).not.toBe(content);
    // Two empty recordings are two failures.
    await writeFile(path.join(cams, 'c.mp4'), '');
    expect(await fingerprintOf(path.join(cams, 'c.mp4'))).not.toBe(await fingerprintOf(file));
  });
});

describe('what is entered', () => {
  test('a complete recording with its camera, start and length; never the same one twice', async () => {
    await put('red.mp4', 'front/front.20261124_020509.mp4');
    expect(await enter()).toEqual([]);
    expect(all()).toMatchObject([
      {
        state: 'pending',
        camera: 'front',
        startFrom: 'name',
        start: Date.parse('2026-11-24T02:05:09Z'),
        duration: 2000,
      },
    ]);
    await enter();
    await put('red.mp4', 'copy/copy.mp4');
    await enter();
    expect(all()).toHaveLength(1);
  });

  test('renamed: the same recording at another place', async () => {
    const file = await put('red.mp4', 'front.mp4');
    await enter();
    state.db.exec("UPDATE recordings SET state = 'done'");
    await rename(file, path.join(cams, 'other.mp4'));
    await enter();
    expect(all()).toMatchObject([{ state: 'done', path: path.join(cams, 'other.mp4') }]);
  });

  test('gone, and back: it is taken up again', async () => {
    const file = await put('red.mp4', 'front.mp4', HOUR);
    const { mtimeMs } = await stat(file);
    await enter();
    failRecording(state.db, all()[0]?.id ?? 0, state.session, {
      code: 'recording-gone',
      message: '',
      retryable: false,
    });
    await enter();
    expect(all()).toMatchObject([{ state: 'pending', tries: 0 }]);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
  });

  test('an MP4 without its index is unfinished for an hour, then broken', async () => {
    const file = await put('red.mp4', 'yard/front.mp4');
    const { size } = await stat(file);
    await truncate(file, Math.round(size / 2));
    await aged(file, 0);
    expect(await enter()).toMatchObject([{ path: file, camera: 'yard', reason: expect.stringMatching(/\w/) }]);
    expect(all()).toEqual([]);
    await aged(file, 2 * HOUR);
    expect(await enter()).toEqual([]);
    expect(all()).toMatchObject([{ state: 'failed', session: state.session, message: expect.stringMatching(/\w/) }]);
    expect(broken).toEqual([file]);
    expect(await enter()).toEqual([]);
    expect(broken).toEqual([]);
  });

  test('a Matroska file that nobody has closed is unfinished for an hour, then taken as it is', async () => {
    const file = await put('live.mkv', 'yard/a.mkv');
    expect(await enter()).toMatchObject([{ reason: 'its container is not closed' }]);
    await aged(file, 2 * HOUR);
    expect(await enter()).toEqual([]);
    expect(all()).toMatchObject([{ state: 'pending', duration: 2000 }]);
  });

  test('a stream needs no end', async () => {
    await put('blue.ts', 'yard/a.ts');
    expect(await enter()).toEqual([]);
    expect(all()).toMatchObject([{ state: 'pending' }]);
  });

  test('a clock that is hours ahead or behind makes nobody wait longer', async () => {
    await put('red.mp4', 'ahead.mp4', -5 * HOUR);
    await put('blue.ts', 'behind.ts', 50 * 365 * 24 * HOUR);
    expect(await enter()).toEqual([]);
    expect(all().map(({ state: each }) => each)).toEqual(['pending', 'pending']);
  });

  test('what has grown since takes its place; what a later recording overwrote stays', async () => {
    const file = await put('red.mp4', 'front.mp4', HOUR);
    await enter();
    const [before] = all();
    // Some bytes more, a second later: the same recording, further on.
    await appendFile(file, Buffer.alloc(8));
    await aged(file, HOUR - 1000);
    await enter();
    expect(all()).toHaveLength(1);
    expect(all()[0]?.content).not.toBe(before?.content);
    await copyFile(path.join(made.path, 'blue.ts'), file);
    await aged(file, 0);
    await enter();
    expect(all()).toHaveLength(2);
  });
});
