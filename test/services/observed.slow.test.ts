import { copyFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, start } from '../cli/support/program.ts';
import { benches, colourVideo, jsonLines } from '../cli/support/room.ts';
import { processes, until } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const PASSWORD = 'hunter22';
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis({ password: PASSWORD });
});
afterAll(() => redis.remove());

const bench = benches((folder) => colourVideo(`${folder}/film.mkv`, ['red', 'green', 'blue'], 4).then(() => undefined));

/** The value of a sample of Prometheus' text format. */
function sample(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  for (const line of text.split('\n')) {
    const [, found, list = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found === name && Object.entries(labels).every(([key, wanted]) => list.includes(`${key}="${wanted}"`))) {
      return Number(value);
    }
  }
  return undefined;
}

async function ask(port: number, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, text: await response.text() };
}

async function eventually(port: number, path: string, status: number): Promise<string> {
  for (const end = Date.now() + 90_000; ; ) {
    const answer = await ask(port, path);
    if (answer.status === status) return answer.text;
    if (Date.now() > end) throw new Error(`${path} says ${answer.status} ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('a service seen from outside: ready, counted, logged; Redis goes and comes; no secret anywhere', async () => {
  const { folder, shared, bundle, at, env: state } = await bench('seen');
  const env = { ...state, SECONDGLANCE_REDIS_URL: redis.url, SECONDGLANCE_ALLOW_PATHS: `${folder}:${shared}` };
  const how = { cwd: folder, env };
  const service = await start(['up', '--model', bundle, '--concurrency', '1', '--http', '0'], how);
  let log = '';
  service.child.stderr?.on('data', (text: string) => {
    log += text;
  });
  try {
    const port = await until(() => /"port":(\d+)/.exec(log)?.[1], 90, 'the port in the log').then(Number);
    await eventually(port, '/readyz', 200);
    const film = ['submit', `${shared}/film.mkv`, '--frames', 'every:1s', '--model', bundle, '-o', at('film.vtt')];
    const submitted = await run([...film, '--wait'], how);
    expect(submitted).toMatchObject({ code: 0 });

    const { text } = await ask(port, '/metrics');
    expect(sample(text, 'secondglance_keyframes_found_total')).toBe(12);
    expect(sample(text, 'secondglance_keyframes_captioned_total', { service: 'up' })).toBe(12);
    expect(sample(text, 'secondglance_looks_total')).toBe(24);
    expect(sample(text, 'secondglance_group_seconds_count')).toBe(2);
    expect(sample(text, 'secondglance_queue_jobs', { queue: 'groups', state: 'waiting' })).toBe(0);
    expect(sample(text, 'secondglance_queue_jobs', { queue: 'videos-high', state: 'active' })).toBe(0);
    expect(sample(text, 'secondglance_groups_in_flight')).toBe(0);
    expect(sample(text, 'secondglance_videos_unfinished')).toBe(0);
    expect(sample(text, 'secondglance_redis_up')).toBe(1);
    expect(sample(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);

    // A failure is counted under its code.
    await copyFile(`${shared}/film.mkv`, `${folder}.outside.mkv`);
    const outside = await run(
      ['submit', `${folder}.outside.mkv`, '--model', bundle, '-o', at('no.vtt'), '--wait'],
      how,
    );
    expect(outside).toMatchObject({ code: 1 });
    expect((await ask(port, '/metrics')).text).toMatch(/^secondglance_failures_total\{code="path-not-allowed".*\} 1$/m);

    const own = processes().filter(({ pid, parent }) => pid === service.pid || parent === service.pid);
    expect(own.length).toBeGreaterThan(1);
    for (const { command } of own) expect(command).not.toContain(PASSWORD);

    await redis.kill();
    expect(await eventually(port, '/readyz', 503)).toMatch(/^Redis at 127\.0\.0\.1:\d+ does not answer\n$/);
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
    const away = (await ask(port, '/metrics')).text;
    expect(sample(away, 'secondglance_redis_up')).toBe(0);
    expect(sample(away, 'secondglance_queue_jobs')).toBeUndefined();
    expect(sample(away, 'secondglance_keyframes_captioned_total')).toBe(12);
    await redis.restart();
    await eventually(port, '/readyz', 200);
  } finally {
    service.child.kill('SIGTERM');
  }
  const { code, stderr } = await service.ended;
  expect(code).toBe(0);
  expect(stderr).not.toContain(PASSWORD);
  const lines = jsonLines(stderr);
  expect(lines.every((line) => line.service === 'up' && line.pid === service.pid)).toBe(true);
  const words = lines.map(({ msg }) => msg);
  for (const said of [
    'answering HTTP',
    'ready',
    'decoded',
    'written',
    'Redis is away: waiting for it',
    'Redis is back',
    'stopped',
  ]) {
    expect(words).toContain(said);
  }
  expect(lines.find(({ msg }) => msg === 'decoded')).toMatchObject({ video: expect.stringMatching(/^v[0-9a-f]{24}$/) });
}, 400_000);

test('off by default; a port that is taken ends it with a sentence', async () => {
  const { folder, bundle, env: state } = await bench('taken');
  const how = { cwd: folder, env: { ...state, SECONDGLANCE_REDIS_URL: redis.url } };
  const { code, stderr } = await run(['worker', '--model', bundle, '--http', String(redis.port)], how);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /secondglance: port \d+ of 127\.0\.0\.1 is in use by another program: stop it, or choose another --http\n$/,
  );
}, 240_000);
