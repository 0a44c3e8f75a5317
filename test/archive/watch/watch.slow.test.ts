import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../../src/archive/index/database.ts';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { learnCost, PLANS } from '../../../src/archive/recordings/plan.ts';
import { type Recording, recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { sessionsBetween } from '../../../src/archive/recordings/work-sessions.ts';
import { jumpingClock } from '../../cli/support/clock.ts';
import { type Ended, type Running, run, start } from '../../cli/support/program.ts';
import { type Bench, benches, colourVideo, jsonLines } from '../../cli/support/room.ts';
import { sharedRedis } from '../../support/redis.ts';
import { ffmpeg } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 400_000 });

const HOUR = 3_600_000;
const bench = benches(async (folder) => {
  await colourVideo(path.join(folder, 'red.mkv'), ['red'], 3);
  // Blue comes in over green: something moves, which one colour after the other is not.
  const comes = "drawbox=w=52:h=48:t=fill:color=blue:enable='gte(t,4)'";
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    `color=0x00ff00:s=64x48:r=10:d=8,${comes}`,
    '-c:v',
    'mpeg4',
    path.join(folder, 'mixed.mkv'),
  );
});

/** A room with two cameras, one recording each. */
async function cameras(name: string): Promise<Bench> {
  const room = await bench(name);
  for (const [from, to] of [
    ['red.mkv', 'front/a.mkv'],
    ['mixed.mkv', 'gate/b.mkv'],
  ] as const) {
    await mkdir(path.dirname(room.at('cams', to)), { recursive: true });
    await cp(path.join(room.shared, from), room.at('cams', to));
  }
  return room;
}

/** `watch --once` over these folders, with a state file in the room. */
function onceOver(folders: readonly string[], room: Bench, ...more: string[]): Promise<Ended> {
  const args = ['watch', ...folders, '--state', room.at('night.db'), '--model', room.bundle];
  return run([...args, '--once', '--settle', '0s', '--zone', 'UTC', ...more], { cwd: room.folder, env: room.env });
}

/** The same over all cameras. */
function once(room: Bench, ...more: string[]): Promise<Ended> {
  return onceOver([room.at('cams')], room, ...more);
}

function inState<T>(room: Bench, ask: (db: Database) => T): T {
  const db = openDatabase(room.at('night.db'), { create: false });
  try {
    return ask(db);
  } finally {
    db.close();
  }
}

const recordings = (room: Bench): Recording[] => inState(room, (db) => recordingsWhere(db, '1'));

/** A window that opens and closes so many hours from now. */
function windowAround(from: number, to: number): string {
  const at = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString().slice(11, 16);
  return `${at(from)}-${at(to)}`;
}

describe('--once', () => {
  test('tracks beside the recordings, a line for the mail, 0; then nothing to do; outside of the window nothing', async () => {
    const room = await cameras('once');
    expect(await once(room, '--window', windowAround(2, 3))).toMatchObject({
      code: 0,
      stdout: 'outside of the window: nothing was done\n',
    });
    const first = await once(room, '--window', windowAround(-3, 3), '--quiet');
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(await room.read('cams/front/a.vtt')).toContain('A bright red picture');
    expect((await room.read('cams/gate/b.vtt')).match(/-->/g)).toHaveLength(2);
    expect((await once(room)).stdout).toBe('0 described, 0 failed, 0 unfinished, 0 remain; 0:00 of video in 0:00\n');
    expect(inState(room, (db) => sessionsBetween(db, 0, Date.now() + 1))).toMatchObject([
      { done: 2, video: 11_000, until: expect.any(Number) },
    ]);
  });

  test('a broken one and one whose place is taken: 3, and the others are described; moved away it goes on', async () => {
    const room = await cameras('places');
    await writeFile(room.at('cams/front/broken.mp4'), 'no video');
    await utimes(room.at('cams/front/broken.mp4'), 1e9, 1e9);
    // A file stands where the tracks of a camera would go.
    await mkdir(room.at('tracks'));
    await writeFile(room.at('tracks', 'gate'), 'a file');
    const first = await once(room, '-o', 'tracks', '-f', 'vtt,srt', '--json');
    expect(first.code).toBe(3);
    expect(jsonLines(first.stdout).at(-1)).toMatchObject({
      event: 'session',
      done: 1,
      failed: 1,
      remaining: 1,
      open: true,
    });
    expect(await readdir(room.at('tracks/front'))).toEqual(['a.srt', 'a.vtt']);
    expect(
      recordings(room)
        .map(({ state, code }) => [state, code])
        .sort(),
    ).toEqual([
      ['done', null],
      ['failed', expect.any(String)],
      ['pending', 'output-folder-missing'],
    ]);
    await rm(room.at('tracks', 'gate'));
    expect((await once(room, '-o', 'tracks', '-f', 'vtt,srt')).code).toBe(0);
    expect(await readdir(room.at('tracks/gate'))).toEqual(['b.srt', 'b.vtt']);
  });

  test('somebody else\u2019s track is never overwritten', async () => {
    const room = await cameras('foreign');
    await writeFile(room.at('cams/front/a.vtt'), 'WEBVTT\n\nmine');
    expect((await once(room)).code).toBe(0);
    expect(await room.read('cams/front/a.vtt')).toBe('WEBVTT\n\nmine');
    expect(await room.read('cams/front/a.mkv.vtt')).toContain('A bright red picture');
  });

  test('what cannot be is refused with 2, a second watch with 1', async () => {
    const room = await cameras('refused');
    for (const [more, why] of [
      [['--window', '22-6'], /22:00-06:00/],
      [['--zone', 'Mars/Olympus'], /not a time zone/],
      [['--names', '%Q'], /is not a field/],
      [['--keep-size', 'much'], /10G/],
      [['--notify', 'dog'], /--webhook or --mqtt/],
      [['-f', 'hls'], /tracks only/],
    ] as const) {
      const ended = await once(room, ...more);
      expect({ more, code: ended.code, stderr: ended.stderr }).toEqual({
        more,
        code: 2,
        stderr: expect.stringMatching(why),
      });
    }
    const args = ['watch', room.at('cams'), '--state', room.at('night.db'), '--model', room.bundle];
    const running = await start(args, { cwd: room.folder, env: room.env });
    try {
      const busy = async (): Promise<boolean> =>
        (await stat(room.at('night.db.watch.lock')).catch(() => undefined)) !== undefined;
      await vi.waitUntil(busy, { timeout: 120_000, interval: 100 });
      expect(await once(room)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/another secondglance watch or live is using/),
      });
    } finally {
      running.child.kill('SIGKILL');
      await running.ended;
    }
  });
});

test('a window that does not suffice: more sparsely, then once instead of twice; the record of the night says so', async () => {
  const [full, sparse] = PLANS;
  for (const [plan, dear, way] of [
    ['sparse', [full], /^2 described \(2 of them sparsely\)/],
    ['once', [full, sparse], /^2 described \(2 in one pass\)/],
  ] as const) {
    const room = await cameras(`a window for ${plan}`);
    const db = openDatabase(room.at('night.db'), { create: true });
    // A second of video takes an hour, as it was measured here.
    for (const each of dear) if (each !== undefined) learnCost(db, each, 1000, HOUR);
    db.close();
    const ended = await once(room, '--window', windowAround(-2, 2));
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(way) });
    const passes = plan === 'once' ? 1 : 2;
    expect(recordings(room)).toMatchObject([
      { frames: 'motion:10s', passes },
      { frames: 'motion:10s', passes },
    ]);
    const plans = { full: 0, sparse: 0, once: 0, [plan]: 2 };
    expect(inState(room, (state) => sessionsBetween(state, 0, Date.now() + 1))).toMatchObject([
      { plans, remaining: 0 },
    ]);
  }
});

/** A disk of a size, for root only; undefined for others. */
async function smallDisk(folder: string, size: string): Promise<(() => void) | undefined> {
  await mkdir(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return () => execFileSync('umount', ['-l', folder]);
}

test('a full disk: nothing is lost, the reason is said; with room again it goes on', async (context) => {
  const room = await cameras('full');
  const unmount = await smallDisk(room.at('tracks'), '64k');
  if (unmount === undefined) return context.skip();
  try {
    execFileSync('sh', ['-c', 'head -c 60k /dev/zero > ballast; cat /dev/zero >> ballast || true'], {
      cwd: room.at('tracks'),
      stdio: 'ignore',
    });
    const full = await once(room, '-o', 'tracks');
    expect(full).toMatchObject({ code: 1, stdout: expect.stringMatching(/2 remain .*stopped: .*disk is full/) });
    expect(recordings(room).map(({ state, tries }) => [state, tries])).toEqual([
      ['pending', 0],
      ['pending', 0],
    ]);
    await rm(room.at('tracks', 'ballast'));
    expect(await once(room, '-o', 'tracks')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 described/) });
  } finally {
    unmount();
  }
});

test('a share that is away: its recordings wait, those of others are described; a folder nobody knows is refused', async () => {
  const room = await cameras('shares');
  const [front, gate] = [room.at('cams/front'), room.at('cams/gate')];
  const watch = (...folders: string[]): Promise<Ended> => onceOver(folders, room);
  // Found, but there is no place for its track: it waits.
  const taken = ['cams/gate/b.vtt', 'cams/gate/b.mkv.vtt'].map((name) => room.at(name));
  for (const folder of taken) await mkdir(folder);
  expect((await watch(gate)).code).toBe(3);
  await rename(gate, room.at('elsewhere'));
  const away = await watch(front, gate);
  expect(away).toMatchObject({ code: 3, stderr: expect.stringMatching(/gate is unavailable: its recordings wait/) });
  expect(away.stdout).toMatch(/^1 described, 0 failed, 0 unfinished, 1 remain/);
  expect(away.stderr.match(/gate is unavailable/g)).toHaveLength(1);
  expect(away.stderr).not.toMatch(/cannot be scanned/);
  expect(await watch(front, room.at('cams/gaet'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/gaet does not exist/),
  });
  await rename(room.at('elsewhere'), gate);
  for (const folder of taken) await rm(folder, { recursive: true });
  expect((await watch(front, gate)).stdout).toMatch(/^1 described, 0 failed, 0 unfinished, 0 remain/);
  expect(recordings(room).map(({ state }) => state)).toEqual(['done', 'done']);
});

describe('--queue', () => {
  const redis = sharedRedis();
  const services: Running[] = [];
  const siteOf = (room: Bench) => ({
    SECONDGLANCE_REDIS_URL: redis.url,
    SECONDGLANCE_REDIS_PREFIX: redis.prefix(),
    SECONDGLANCE_ALLOW_PATHS: room.folder,
  });
  afterAll(async () => {
    for (const { child } of services) child.kill('SIGKILL');
    await Promise.all(services.map(({ ended }) => ended));
  });

  test('services describe them: the same tracks, the same cues, pictures; a broken one is told; no note stays behind', async () => {
    const alone = await cameras('alone');
    const room = await cameras('queued');
    expect((await once(alone)).code).toBe(0);
    Object.assign(room.env, siteOf(room));
    const how = { cwd: room.folder, env: room.env };
    services.push(await start(['up', '--model', room.bundle, '--concurrency', '1'], how));
    // Its beginning is right, the rest is not: only who decodes it finds out.
    const whole = await room.shell(
      'head -c 400 cams/gate/b.mkv > cams/gate/c.mkv; head -c 9000 /dev/zero >> cams/gate/c.mkv',
    );
    expect(whole.code).toBe(0);
    await utimes(room.at('cams/gate/c.mkv'), 1e9, 1e9);
    const ended = await once(room, '--queue');
    expect(ended).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^2 described, 1 failed, 0 unfinished, 0 remain/),
    });
    for (const track of ['front/a.vtt', 'gate/b.vtt']) {
      expect(await room.read(`cams/${track}`)).toBe(await alone.read(`cams/${track}`));
    }
    const cues = (each: Bench) =>
      inState(each, (db) =>
        searchCues(db, each.at('night.db'), { words: 'picture', limit: 10 }).map(
          ({ text, camera, offset, confidence, moving, picture }) => ({
            text,
            camera,
            offset,
            confidence,
            moving,
            picture,
          }),
        ),
      );
    expect(cues(room).sort((a, b) => (a.text < b.text ? -1 : 1))).toEqual(
      cues(alone).sort((a, b) => (a.text < b.text ? -1 : 1)),
    );
    expect(cues(room)).toHaveLength(3);
    const pictures = await readdir(room.at('night.db.pictures'), { recursive: true });
    expect(pictures.filter((name) => name.endsWith('.jpg'))).toHaveLength(3);
    expect((await readdir(room.at('cams/gate'))).sort()).toEqual(['b.mkv', 'b.vtt', 'c.mkv']);
  });

  test('the window closes on a recording in work: it is taken back from the queue and goes on in the next one', async () => {
    const room = await cameras('closing');
    await rm(room.at('cams/gate'), { recursive: true });
    Object.assign(room.env, siteOf(room));
    // No service serves this prefix: the recording is in work until the clock says that the window has closed.
    const clock = await jumpingClock(room.folder, room.at('later'));
    const timed = { ...room, env: { ...room.env, ...clock } };
    const working = once(timed, '--queue', '--window', windowAround(-1, 0.5));
    const how = { cwd: room.folder, env: room.env };
    const states = async () => jsonLines((await run(['status', '--json'], how)).stdout).map(({ state }) => state);
    await vi.waitUntil(async () => (await states()).length === 1, { timeout: 120_000, interval: 200 });
    await writeFile(room.at('later'), '');
    expect(await working).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^0 described, 0 failed, 0 unfinished, 1 remain/),
    });
    expect(recordings(room)).toMatchObject([{ state: 'pending', tries: 0 }]);
    expect(await states()).toEqual(['cancelled']);
    services.push(await start(['up', '--model', room.bundle, '--concurrency', '1'], how));
    const next = await once(room, '--queue');
    expect(next.code, next.stderr).toBe(0);
    expect(next.stdout).toMatch(/^1 described/);
  });

  test('a share goes away under a recording in work: it has not failed, the reason is said; back again it goes on', async () => {
    const room = await cameras('share');
    Object.assign(room.env, siteOf(room));
    const how = { cwd: room.folder, env: room.env };
    const away = once(room, '--queue');
    const submitted = async (): Promise<boolean> =>
      jsonLines((await run(['status', '--json'], how)).stdout).length === 2;
    await vi.waitUntil(submitted, { timeout: 120_000, interval: 200 });
    await rename(room.at('cams'), room.at('elsewhere'));
    services.push(await start(['up', '--model', room.bundle, '--concurrency', '1'], how));
    expect(await away).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^0 described, 0 failed, 0 unfinished, 2 remain/),
      stderr: expect.stringMatching(/cams is unavailable/),
    });
    expect(recordings(room).map(({ state, tries }) => [state, tries])).toEqual([
      ['pending', 0],
      ['pending', 0],
    ]);
    await rename(room.at('elsewhere'), room.at('cams'));
    expect(await once(room, '--queue')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 described/),
    });
  });

  test('without Redis: 1, and why', async () => {
    const room = await cameras('no redis');
    const ended = await once(room, '--queue', '--redis-url', 'redis://127.0.0.1:1');
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be reached/) });
  });
});
