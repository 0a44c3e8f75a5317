import { appendFile, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../../src/archive/index/database.ts';
import { cuesBetween, searchCues } from '../../../src/archive/index/search-cues.ts';
import { type Recording, recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { unfinishedFiles } from '../../../src/archive/recordings/seen-files.ts';
import { sessionsBetween } from '../../../src/archive/recordings/work-sessions.ts';
import { gatherReport } from '../../../src/archive/report/report.ts';
import { type Running, run, start } from '../../cli/support/program.ts';
import { type Bench, benches, cuesOf, longVideo } from '../../cli/support/room.ts';
import { inferred, spyEnv } from '../../cli/support/watching.ts';
import { until } from '../../support/processes.ts';
import { type Colour, TEXTS } from '../../support/tiny-bundle.ts';
import { ffmpeg } from '../../support/videos.ts';
import { makeRecordings, place, stamp } from './recordings.ts';

vi.setConfig({ testTimeout: 3_000_000, hookTimeout: 400_000 });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Recordings of each of the four cameras. */
const EACH = 50;

const bench = benches(async (folder) => {
  await mkdir(path.join(folder, 'made'));
  await longVideo(path.join(folder, 'long.ts'));
  await ffmpeg('-f', 'lavfi', '-i', 'sine=d=2', path.join(folder, 'sound.mp4'));
});

interface Night {
  /** File -> what is to be said of it. */
  readonly good: Map<string, Colour>;
  /** File -> how its failure reads. */
  readonly bad: Map<string, RegExp>;
  /** Complete in the end; bytes to come. */
  readonly late: Map<string, Buffer>;
  /** Never complete. */
  readonly writing: string[];
  /** A stream that grows until it is left alone. */
  readonly growing: string;
  readonly began: number;
}

/** Four cameras, named by four recorders, {@link EACH} files each. */
async function record(room: Bench & { readonly shared: string }): Promise<Night> {
  const mp4 = await makeRecordings(path.join(room.shared, 'made'), 3 * EACH, '.mp4');
  const mkv = await makeRecordings(path.join(room.shared, 'made'), EACH, '.mkv');
  const began = Math.floor((Date.now() - 6 * HOUR) / 1000) * 1000;
  const good = new Map<string, Colour>();
  const bad = new Map<string, RegExp>();
  const late = new Map<string, Buffer>();
  const writing: string[] = [];

  const cameras: [string, (at: number) => string][] = [
    // Frigate writes UTC; the others the local time, which here is UTC too.
    ['front', (at) => frigate(began + at * MINUTE)],
    ['yard', (at) => `yard/RecM01_${stamp(began + at * MINUTE).join('_')}_000000_6D28808_1A2B3C.mp4`],
    [
      'gate',
      (at) =>
        `gate/gate-${stamp(began - 3 * DAY + at * MINUTE).join('-')}-${(began - 3 * DAY + at * MINUTE) / 1000}.mp4`,
    ],
    ['street', (at) => `street/clip ${at}.mkv`],
  ];
  for (const [index, [camera, nameOf]] of cameras.entries()) {
    for (let at = 0; at < EACH; at++) {
      const recording = (camera === 'street' ? mkv[at] : mp4[EACH * index + at]) ?? mp4[0];
      if (recording === undefined) throw new Error('too few recordings');
      const { bytes, colour } = recording;
      const file = room.at('cams', nameOf(at));
      const changed = (camera === 'gate' ? began - 3 * DAY : began) + at * MINUTE + 2000;
      if (camera !== 'gate' && at % 12 === 5) {
        const [broken, why] = spoil(bytes, bad.size);
        bad.set(file, why);
        await place(file, broken, changed);
      } else if (camera === 'yard' && at >= EACH - 4) {
        // The index of an MP4 comes last: what is being written has none.
        await place(file, bytes.subarray(0, bytes.indexOf('moov') - 4), Date.now());
        if (at % 2 === 0) {
          late.set(file, bytes);
          good.set(file, colour);
        } else writing.push(file);
      } else {
        await place(file, bytes, changed);
        good.set(file, colour);
      }
    }
  }
  // In the place of two good ones: sound without pictures, and a stream that breaks off.
  const [one = '', two = ''] = [...good.keys()].filter((file) => file.includes('street'));
  const sound = await room.shell('cat ../shared/sound.mp4 > sound.mp4');
  if (sound.code !== 0) throw new Error(sound.stderr);
  await rename(room.at('sound.mp4'), one);
  await utimes(one, began / 1000, began / 1000);
  bad.set(one, /no video/i);
  good.delete(one);
  const growing = two.replace(/mkv$/, 'ts');
  await rm(two);
  good.delete(two);
  return { good, bad, late, writing, growing, began };
}

function frigate(moment: number): string {
  const [date = '', time = ''] = new Date(moment).toISOString().split('T');
  return `${date}/${time.slice(0, 2)}/front/${time.slice(3, 5)}.${time.slice(6, 8)}.mp4`;
}

/** Breaks a recording, in the next of several ways. */
function spoil(bytes: Buffer, at: number): [Buffer, RegExp] {
  switch (at % 4) {
    case 0:
      return [Buffer.alloc(0), /is empty/];
    case 1:
      return [Buffer.from(`not a video at all, number ${at}`), /not a video that ffmpeg can read/];
    case 2:
      return [bytes.subarray(0, bytes.length / 2), /is damaged|has no video/];
    default:
      return [Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(2000, at)]), /has no index|is damaged/];
  }
}

const open: Running[] = [];
afterEach(() => {
  for (const { child } of open.splice(0)) child.kill('SIGKILL');
});

test('200 recordings of four cameras, two restarts, a kill -9: every good one once, every bad one told', async () => {
  const room = await bench('night');
  const { good, bad, late, writing, growing, began } = await record(room);
  const spy = room.at('inferred.txt');
  const env = { ...room.env, ...(await spyEnv(room.folder, spy)), TZ: 'UTC' };
  const state = room.at('state', 'night.db');
  const args = ['watch', room.at('cams'), '--state', state, '-o', room.at('tracks'), '--model', room.bundle];
  const how = { cwd: room.folder, env };
  const watch = async (): Promise<Running> => {
    const running = await start([...args, '--settle', '3s', '--workers', '1'], how);
    open.push(running);
    return running;
  };

  // A stream that is written for as long as the first two runs go on.
  const stream = await readFile(path.join(room.shared, 'long.ts'));
  let written = 0;
  const grow = async (): Promise<void> => {
    await appendFile(growing, stream.subarray(written, written + 1000));
    written += 1000;
  };
  await mkdir(path.dirname(growing), { recursive: true });
  await grow();
  const recorder = setInterval(() => written < 100_000 && grow(), 200);

  let running = await watch();
  let db: Database | undefined;
  const all = (condition = '1'): Recording[] => {
    db ??= openDatabase(state, { create: false });
    return recordingsWhere(db, condition);
  };
  const described = (): Recording[] => all("r.state = 'done'");
  const ready = (): boolean => {
    try {
      return described().length > 0;
    } catch {
      return false; // Not there yet.
    }
  };
  await until(ready, 1200, 'the first recording described');

  // Three of the backlog vanish before their turn, two are renamed.
  const backlog = [...good.keys()].filter((file) => file.includes('/gate/'));
  const vanished = backlog.slice(0, 3);
  for (const file of vanished) {
    await rm(file);
    good.delete(file);
  }
  const renamed = async (file: string): Promise<void> => {
    const other = file.replace(/\.(\w+)$/, ' (moved).$1');
    await rename(file, other);
    good.set(other, good.get(file) ?? 'red');
    good.delete(file);
  };
  for (const file of backlog.slice(10, 12)) await renamed(file);

  await until(() => described().length >= 0.6 * EACH, 1200, 'some described');
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
  // What was described is renamed: nothing of it is done again. One is copied: a copy is the same recording.
  const [first, second, third] = described();
  for (const each of [first, second]) if (each !== undefined) await renamed(each.path);
  if (third !== undefined) {
    await mkdir(room.at('cams', 'copies'));
    await writeFile(room.at('cams', 'copies', 'copy.mp4'), await readFile(third.path));
  }
  const tracks = new Map<string, number>();
  for (const { track } of described()) if (track !== null) tracks.set(track, (await stat(track)).mtimeMs);

  running = await watch();
  await until(() => described().length >= 1.8 * EACH, 1200, 'half of them described');
  running.child.kill('SIGKILL');
  await running.ended;
  clearInterval(recorder);
  for (const [file, bytes] of late) await place(file, bytes, Date.now());

  running = await watch();
  await until(() => described().length >= 2.8 * EACH, 1200, 'most of them described');
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
  const last = await run([...args, '--settle', '1s', '--once'], how);
  expect(last.stderr).not.toMatch(/not expected/);

  // Every good one is described once.
  const done = described();
  const streams = done.filter(({ path: file }) => file === growing);
  expect(streams).toHaveLength(1);
  expect(
    done
      .filter(({ path: file }) => file !== growing)
      .map(({ path: file }) => file)
      .sort(),
  ).toEqual([...good.keys()].sort());
  expect(done.filter(({ tries }) => tries !== 1)).toEqual([]);
  for (const { path: file, track, cues, id } of done) {
    const colour = good.get(file);
    if (colour === undefined) continue;
    expect({ file, cues }).toEqual({ file, cues: 1 });
    const [cue] = cuesOf(await room.read(path.relative(room.folder, track ?? '')));
    expect(cue).toContain(TEXTS[colour].text);
    const hits = db === undefined ? [] : searchCues(db, state, { words: colour, limit: 500 });
    expect(hits.filter(({ recording }) => recording === id).map(({ text }) => text)).toEqual([TEXTS[colour].text]);
  }
  for (const [track, changed] of tracks) expect((await stat(track)).mtimeMs).toBe(changed);
  // A group that was in work when its run was ended may have been begun twice.
  const begun = inferred(spy).length;
  const groups = done.length - 1 + Math.ceil((streams[0]?.keyframes ?? 0) / 8);
  expect(begun).toBeGreaterThanOrEqual(groups);
  expect(begun).toBeLessThanOrEqual(groups + 3);

  // Every bad one is told, with its reason; what is being written, and what vanished, too.
  const failed = all("r.state = 'failed'");
  expect(failed.map(({ path: file }) => file).sort()).toEqual([...bad.keys()].sort());
  for (const { path: file, message } of failed) expect(message).toMatch(bad.get(file) ?? /never/);
  expect(
    all("r.state = 'gone'")
      .map(({ path: file }) => file)
      .sort(),
  ).toEqual(vanished.sort());
  if (db === undefined) throw new Error('no state');
  expect(unfinishedFiles(db).map((file) => file.path)).toEqual(writing.sort());
  expect(unfinishedFiles(db)[0]).toMatchObject({ camera: 'yard', reason: expect.stringMatching(/./) });

  // Times and cameras are those of the names, or of the last change.
  const cameras = new Map<string, number>();
  for (const { camera } of [...done, ...failed]) cameras.set(camera, (cameras.get(camera) ?? 0) + 1);
  expect(Object.fromEntries(cameras)).toEqual({ front: EACH, yard: EACH - 2, gate: EACH - 3, street: EACH });
  const byStart = (camera: string): Recording[] => done.filter((each) => each.camera === camera);
  expect(byStart('front')[0]).toMatchObject({ start: began, startFrom: 'name' });
  expect(byStart('street').find(({ path: file }) => file.endsWith('clip 2.mkv'))).toMatchObject({
    start: began + 2 * MINUTE,
    startFrom: 'mtime',
  });
  // Last night first, the backlog after; what became complete later comes before the backlog too, once it has.
  const lateOnes = new Set([...late.keys(), growing]);
  const night = done.filter(({ camera, path: file }) => camera !== 'gate' && !lateOnes.has(file));
  const endsOfNight = Math.max(...night.map(({ ended }) => ended ?? 0));
  expect(byStart('gate').filter(({ ended }) => (ended ?? 0) < endsOfNight)).toEqual([]);

  // The record of the nights adds up to that.
  const nights = sessionsBetween(db, 0, Date.now() + 1);
  const total = (of: (night: (typeof nights)[number]) => number): number =>
    nights.reduce((sum, each) => sum + of(each), 0);
  expect(total((each) => each.done)).toBe(done.length);
  expect(total((each) => each.plans.full)).toBe(done.length);
  expect(total((each) => each.failed)).toBe(failed.length);
  expect(total((each) => each.gone)).toBe(vanished.length);
  expect(total((each) => each.video)).toBe(done.reduce((sum, { duration }) => sum + duration, 0));
  expect(nights.at(-1)).toMatchObject({ remaining: 0, remainingVideo: 0 });
  expect(last.stdout).toMatch(
    /^\d+ described, \d+ failed, (\d+ gone, )?\d+ unfinished, 0 remain; \S+ of video in \S+\n$/,
  );

  // The report tells the same: cameras, recordings, what was seen in each, what failed, vanished or is being written.
  const report = gatherReport(db, 0, Date.now() + 1);
  const told = (what: string): string[] =>
    report.issues.filter((trouble) => trouble.what === what).map(({ file }) => file);
  expect(report.cameras.map(({ name }) => name)).toEqual(['front', 'gate', 'street', 'yard']);
  const reported = report.cameras.flatMap(({ recordings }) => recordings);
  expect(reported.filter((each) => each.state === 'done')).toHaveLength(done.length);
  const seen = report.cameras.flatMap(({ moments }) => moments).reduce((sum, { times }) => sum + times, 0);
  // The first keyframe of a recording shows what is there, not what moves.
  const moving = cuesBetween(db, 0, Date.now() + 1).filter((cue) => cue.moving);
  expect(seen).toBe(moving.length);
  expect(moving.every(({ picture }) => picture !== 0)).toBe(true);
  expect(cuesBetween(db, 0, Date.now() + 1)).toHaveLength(done.reduce((sum, { cues }) => sum + (cues ?? 0), 0));
  expect(told('failed').sort()).toEqual([...bad.keys()].sort());
  expect(told('gone').sort()).toEqual(vanished);
  expect(told('unfinished').sort()).toEqual(writing);
  expect([told('waits'), told('partial'), report.backlog.recordings]).toEqual([[], [], 0]);
  const page = room.at('report.html');
  expect((await run(['report', '--state', state, '-o', page], how)).code).toBe(0);
  const html = await room.read('report.html');
  for (const file of bad.keys()) expect(html).toContain(path.basename(file).replaceAll('&', '&amp;'));

  // And there is nothing left to do.
  const idle = await run([...args, '--settle', '0s', '--once'], how);
  expect(idle).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^0 described, 0 failed, 2 unfinished, 0 remain/),
  });
  expect(inferred(spy)).toHaveLength(begun);
  db.close();
});
