import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Ended, type Running, run, start } from '../cli/support/program.ts';
import { benches, colourVideo, jsonLines } from '../cli/support/room.ts';
import { until } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { buildTinyBundle } from '../support/tiny-bundle.ts';

/** Services start as slowly as the machine is loaded. */
const PATIENCE = 300_000;
const VIDEOS = ['one.mkv', 'two.mkv'];
const OPTIONS = ['--frames', 'every:1s', '-f', 'vtt,json'];

const bench = benches(async (folder) => {
  await colourVideo(path.join(folder, 'one.mkv'), ['red', 'green', 'blue'], 8);
  await colourVideo(path.join(folder, 'two.mkv'), ['yellow', 'purple'], 10);
  await colourVideo(path.join(folder, 'poison.mkv'), ['red', 'black', 'green'], 8);
});

let redis: TestRedis;
let room: Awaited<ReturnType<typeof bench>>;
let env: Record<string, string>;
const services: Running[] = [];
let count = 0;

beforeAll(async () => {
  redis = await startRedis({ password: 'a+secret/word' });
});
afterAll(() => redis.remove());

beforeEach(async ({ task }) => {
  room = await bench(task.name);
  count += 1;
  // A password with characters that a URL has to escape.
  const url = `redis://:${encodeURIComponent('a+secret/word')}@127.0.0.1:${redis.port}`;
  env = {
    ...room.env,
    SECONDGLANCE_REDIS_URL: url,
    SECONDGLANCE_REDIS_PREFIX: `site${count}`,
    SECONDGLANCE_ALLOW_PATHS: `${room.shared}:${room.folder}`,
    SECONDGLANCE_LOG_LEVEL: 'debug',
  };
});
afterEach(async () => {
  for (const { child } of services) child.kill('SIGKILL');
  await Promise.all(services.splice(0).map(({ ended }) => ended));
});

const how = (more: Record<string, string> = {}) => ({ cwd: room.folder, env: { ...env, ...more } });
const sg = (...args: string[]): Promise<Ended> => run(args, how());

async function serve(...args: string[]): Promise<Running> {
  const running = await start(args, how());
  services.push(running);
  return running;
}

const up = (bundle = room.bundle): Promise<Running> => serve('up', '--model', bundle, '--concurrency', '1');
const inputs = (names = VIDEOS): string[] => names.map((name) => path.join(room.shared, name));
const submit = (names: readonly string[], ...more: string[]): Promise<Ended> =>
  sg('submit', ...inputs([...names]), ...OPTIONS, '--model', room.bundle, ...more);

/** What one machine writes, in a state folder of its own. */
async function alone(folder: string, names = VIDEOS): Promise<void> {
  const state = { SECONDGLANCE_STATE_DIR: room.at('alone.state') };
  const args = ['caption', ...inputs(names), ...OPTIONS, '--model', room.bundle, '-o', `${folder}/`];
  expect(await run(args, how(state))).toMatchObject({ code: 0 });
}

test(
  'submit --wait writes what caption writes, byte for byte, and says how it went',
  async () => {
    await up();
    const ended = await submit(VIDEOS, '-o', 'queued/', '--wait');
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr).toMatch(/one\.mkv: 24 keyframes.*-> .*queued\/one\.vtt/);
    expect(ended.stderr).toMatch(/2 inputs: 2 done; 44 keyframes/);
    await alone('alone');
    for (const file of ['one.vtt', 'one.json', 'two.vtt', 'two.json']) {
      expect(await room.read(`queued/${file}`), file).toBe(await room.read(`alone/${file}`));
    }
    // caption knows these tracks for its own, and so does another submission.
    const args = ['caption', ...inputs(), ...OPTIONS, '--model', room.bundle, '-o', 'queued/'];
    expect((await sg(...args)).stderr).toMatch(/one\.mkv: up to date/);
    expect((await sg(...args, '--queue')).stderr).toMatch(/one\.mkv: up to date/);

    const status = jsonLines((await sg('status', '--json')).stdout);
    expect(status.map(({ video, state }) => `${video} ${state}`).sort()).toEqual([
      'one.mkv skipped',
      'two.mkv skipped',
    ]);
    expect(status[0]).toMatchObject({ run: 2, priority: 'normal' });
  },
  PATIENCE,
);

test(
  'SECONDGLANCE_REDIS_URL alone sends caption nowhere',
  async () => {
    const ended = await run(['caption', ...inputs(['one.mkv']), '--model', room.bundle, '-o', 'one.vtt'], {
      ...how({ SECONDGLANCE_REDIS_URL: 'redis://127.0.0.1:1' }),
    });
    expect(ended).toMatchObject({ code: 0 });
  },
  PATIENCE,
);

test(
  'a Redis that is not there is one sentence, soon, without the password',
  async () => {
    const began = Date.now();
    const ended = await run(['status'], how({ SECONDGLANCE_REDIS_URL: 'redis://:hush-hush@127.0.0.1:1' }));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^secondglance: Redis at 127\.0\.0\.1:1 cannot be reached .*SECONDGLANCE_REDIS_URL\n$/,
    );
    expect(ended.stderr).not.toContain('hush-hush');
    expect(Date.now() - began).toBeLessThan(100_000);
    const refused = await run(
      ['status'],
      how({ SECONDGLANCE_REDIS_URL: `redis://:wrong-one@127.0.0.1:${redis.port}` }),
    );
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/^secondglance: Redis at 127\.0\.0\.1:\d+ refuses: /);
    expect(refused.stderr).not.toContain('wrong-one');
  },
  PATIENCE,
);

test(
  'what services may not touch is refused with its reason: inputs, outputs, addresses',
  async () => {
    const service = await up();
    await writeFile(room.at('..', 'outside.mkv'), 'not to be read');
    const outside = await sg('submit', room.at('..', 'outside.mkv'), '-o', 'x.vtt', '--model', room.bundle, '--wait');
    expect(outside).toMatchObject({ code: 1 });
    expect(outside.stderr).toMatch(/outside\.mkv.*SECONDGLANCE_ALLOW_PATHS/);
    await mkdir(room.at('..', 'elsewhere'), { recursive: true });
    const target = await submit(['one.mkv'], '-o', room.at('..', 'elsewhere/'), '--wait');
    expect(target).toMatchObject({ code: 1 });
    expect(target.stderr).toMatch(/elsewhere.*SECONDGLANCE_ALLOW_PATHS/);
    const address = await sg('submit', 'http://127.0.0.1:9/a.mp4', '-o', 'x.vtt', '--model', room.bundle, '--wait');
    expect(address).toMatchObject({ code: 1 });
    expect(address.stderr).toMatch(/SECONDGLANCE_ALLOW_URLS/);
    service.child.kill('SIGTERM');
    const { code, stderr } = await service.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain('secret');
  },
  PATIENCE,
);

test(
  'what cannot be submitted is said before anything is',
  async () => {
    const first = inputs(['one.mkv'])[0] ?? '';
    for (const [args, words] of [
      [['-'], /stdin/],
      [[first, '-o', '-'], /stdout/],
      [[first, '--priority', 'urgent'], /high, normal, low/],
      [[...inputs(), '-o', 'all.jsonl'], /2 inputs/],
    ] as const) {
      const ended = await sg('submit', ...args);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(words);
    }
  },
  PATIENCE,
);

test(
  'a group that cannot be captioned is a gap: partial, exit code 3; retry does only that',
  async () => {
    const poisoned = await buildTinyBundle(room.at('poisoned'), { fails: 'black' });
    const service = await serve('up', '--model', poisoned, '--concurrency', '1');
    const args = ['submit', ...inputs(['poison.mkv']), ...OPTIONS, '--model', poisoned, '-o', 'out/', '--wait'];
    const ended = await sg(...args);
    expect(ended).toMatchObject({ code: 3 });
    expect(ended.stderr).toMatch(/8 of 24 keyframes got no caption/);
    const track = JSON.parse(await room.read('out/poison.json')) as { keyframes: { error?: { code: string } }[] };
    expect(track.keyframes.map(({ error }) => error?.code ?? '-')).toEqual([
      ...Array<string>(8).fill('-'),
      ...Array<string>(8).fill('group-failed'),
      ...Array<string>(8).fill('-'),
    ]);
    const [status] = jsonLines((await sg('status', '--json')).stdout);
    expect(status).toMatchObject({ state: 'partial', keyframes: { found: 24, done: 24, failed: 8 } });
    const again = await sg('retry', String(status?.id).slice(0, 8));
    expect(again).toMatchObject({ code: 0 });
    const watched = await sg('status', String(status?.id), '--watch', '--json');
    expect(jsonLines(watched.stdout).at(-1)).toMatchObject({ state: 'partial', run: 2 });
    service.child.kill('SIGTERM');
    const { stderr } = await service.ended;
    // Groups 0 and 2 were captioned in the first run only.
    const kept = jsonLines(stderr).filter(({ msg }) => msg === 'captioned');
    expect(kept.map(({ run, group }) => `${run} ${group}`).sort()).toEqual(['1 0', '1 2']);
  },
  PATIENCE,
);

test(
  'what Redis has lost altogether is submitted again by its submitter',
  async () => {
    const waiting = await start(
      ['submit', ...inputs(), ...OPTIONS, '--model', room.bundle, '-o', 'queued/', '--wait'],
      how(),
    );
    const client = new Redis(env.SECONDGLANCE_REDIS_URL ?? '');
    const prefix = env.SECONDGLANCE_REDIS_PREFIX ?? '';
    for (const end = Date.now() + 60_000; (await client.zcard(`${prefix}:open`)) < 2; ) {
      expect(Date.now()).toBeLessThan(end);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    let notes = '';
    waiting.child.stderr?.on('data', (text: string) => {
      notes += text;
    });
    await client.flushall();
    client.disconnect();
    await until(() => notes.includes('Redis has lost it; submitted again'), 120, 'submitted again');
    await up();
    expect(await waiting.ended).toMatchObject({ code: 0 });
    await alone('alone');
    expect(await room.read('queued/one.vtt')).toBe(await room.read('alone/one.vtt'));
  },
  PATIENCE,
);

test(
  'a video waits for a worker with its bundle, and status says so; with one it goes on',
  async () => {
    const other = await buildTinyBundle(room.at('other'), { name: 'other' });
    await serve('ingest');
    await serve('assemble');
    await serve('worker', '--model', other, '--concurrency', '1');
    const waiting = await start(
      ['submit', ...inputs(['one.mkv']), ...OPTIONS, '--model', room.bundle, '-o', 'queued/', '--wait'],
      how(),
    );
    let shown = '';
    for (const end = Date.now() + 120_000; !shown.includes('no running worker'); shown = (await sg('status')).stdout) {
      expect(Date.now()).toBeLessThan(end);
    }
    expect(shown).toMatch(/no running worker has its model \(SHA-256 [0-9a-f]{12}\.\.\.\)/);
    await serve('worker', '--model', room.bundle, '--concurrency', '1');
    expect(await waiting.ended).toMatchObject({ code: 0 });
  },
  PATIENCE,
);

test.each(['up', 'worker'])(
  '%s ends with exit code 1 when its bundle is missing',
  async (name) => {
    expect(await sg(name, '--model', 'missing')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/missing/),
    });
  },
  PATIENCE,
);

test(
  'cancel, pause, resume and drain from the command line',
  async () => {
    await submit(['one.mkv'], '-o', 'queued/');
    const [queued] = jsonLines((await sg('status', '--json')).stdout);
    expect(queued).toMatchObject({ state: 'queued', video: 'one.mkv' });
    expect(await sg('cancel', String(queued?.id))).toMatchObject({ code: 0 });
    const twice = await sg('cancel', String(queued?.id));
    expect(twice).toMatchObject({ code: 1 });
    expect(twice.stderr).toMatch(/is cancelled: there is nothing to cancel/);
    expect((await sg('cancel', 'v0000')).stderr).toMatch(/no video has this ID/);

    expect(await sg('pause')).toMatchObject({ code: 0 });
    const service = await up();
    let log = '';
    service.child.stderr?.on('data', (text: string) => {
      log += text;
    });
    await until(() => log.includes('"ready"'), 120, 'ready');
    await submit(['two.mkv'], '-o', 'queued/');
    expect((await sg('status')).stdout).toMatch(/^paused; /);
    expect((await sg('status')).stdout).toMatch(/queued {4}.*two\.mkv/);
    expect(await sg('resume')).toMatchObject({ code: 0 });
    expect(await sg('status', '--watch')).toMatchObject({ code: 0 });
    const drained = await sg('drain');
    expect(drained).toMatchObject({ code: 0 });
    expect((await sg('status')).stdout).toMatch(/^draining/);
    expect((await room.read('queued/two.vtt')).startsWith('WEBVTT')).toBe(true);
  },
  PATIENCE,
);

test(
  'SIGTERM lets a worker finish the group in hand, and ends it in order while Redis is away',
  async () => {
    const worker = await serve('worker', '--model', room.bundle, '--concurrency', '1');
    let log = '';
    worker.child.stderr?.on('data', (text: string) => {
      log += text;
    });
    await until(() => log.includes('"ready"'), 120, 'ready');
    const stopped = await start(['status'], how());
    await stopped.ended;
    await redis.kill();
    try {
      await until(() => log.includes('Redis is away'), 60, 'said so');
      const began = Date.now();
      worker.child.kill('SIGTERM');
      expect(await worker.ended).toMatchObject({ code: 0 });
      expect(Date.now() - began).toBeLessThan(30_000);
    } finally {
      await redis.restart();
    }
  },
  PATIENCE,
);
