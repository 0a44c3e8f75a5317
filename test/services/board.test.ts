import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, start } from '../cli/support/program.ts';
import { benches, colourVideo, jsonLines } from '../cli/support/room.ts';
import { until } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

vi.setConfig({ testTimeout: 300_000 });

const PASSWORD = 'correct horse: battery';
let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis({ password: 'hunter22' });
});
afterAll(() => redis.remove());

const bench = benches((folder) => colourVideo(`${folder}/film.mkv`, ['red'], 2).then(() => undefined));

function basic(password: string, user = 'anyone'): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

describe('board', () => {
  test('shows the queues to who knows the password, and lets nobody change them', async () => {
    const { folder, shared, bundle, at, env: state } = await bench('board');
    const env = { ...state, SECONDGLANCE_REDIS_URL: redis.url, SECONDGLANCE_BOARD_PASSWORD: PASSWORD };
    const submitted = await run(['submit', `${shared}/film.mkv`, '--model', bundle, '-o', at('film.vtt')], {
      cwd: folder,
      env,
    });
    expect(submitted).toMatchObject({ code: 0 });
    const board = await start(['board', '--http', '0'], { cwd: folder, env });
    let log = '';
    board.child.stderr?.on('data', (text: string) => {
      log += text;
    });
    try {
      const port = await until(() => /"port":(\d+)/.exec(log)?.[1], 90, 'the port in the log');
      await until(() => log.includes('"ready"'), 90, 'ready');
      const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);

      expect((await ask('/healthz')).status).toBe(200);
      for (const path of ['/', '/api/queues', '/static/favicon-32x32.png']) {
        for (const headers of [{}, basic('wrong'), basic(''), { authorization: 'Bearer x' }, basic(`${PASSWORD} `)]) {
          const refused = await ask(path, { headers });
          expect(refused.status).toBe(401);
          expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
          expect(await refused.text()).toBe('the password of the board, please\n');
        }
      }
      const page = await ask('/', { headers: basic(PASSWORD) });
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('secondglance secondglance');
      for (const { headers } of [page, await ask('/'), await ask('/healthz'), await ask('/api/queues')]) {
        expect(headers.get('content-security-policy')).toMatch(/default-src 'self';.*frame-ancestors 'none'/);
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('x-powered-by')).toBeNull();
      }
      const answer = await ask('/api/queues?activeQueue=videos-normal&status=latest', { headers: basic(PASSWORD) });
      const { queues } = (await answer.json()) as {
        queues: { name: string; readOnlyMode: boolean; counts: Record<string, number>; jobs: { data: object }[] }[];
      };
      expect(queues.map(({ name }) => name)).toEqual(['videos-high', 'videos-normal', 'videos-low', 'tracks']);
      expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
      expect(queues[1]).toMatchObject({ counts: { waiting: 1 } });
      expect(queues[1]?.jobs).toHaveLength(1);

      const id = submitted.stdout.match(/v[0-9a-f]{24}/)?.[0] ?? 'v';
      const changes: [string, string][] = [
        ['PUT', '/api/queues/pause'],
        ['PUT', '/api/queues/videos-normal/pause'],
        ['PUT', '/api/queues/videos-normal/empty'],
        ['PUT', '/api/queues/videos-normal/obliterate'],
        ['PUT', `/api/queues/videos-normal/${id}-1/clean`],
        ['POST', '/api/queues/videos-normal/add'],
      ];
      for (const [method, path] of changes) {
        const headers = { ...basic(PASSWORD), 'content-type': 'application/json' };
        const changed = await ask(path, { method, headers, body: '{"name":"video","data":{}}' });
        expect([method, path, changed.status]).toEqual([method, path, 405]);
      }
      const after = (await (await ask('/api/queues', { headers: basic(PASSWORD) })).json()) as typeof answer & {
        queues: { isPaused: boolean; counts: Record<string, number> }[];
      };
      expect(after.queues[1]).toMatchObject({ isPaused: false, counts: { waiting: 1 } });

      await redis.kill();
      const away = await ask('/api/queues', { headers: basic(PASSWORD) });
      expect([away.status, await away.text()]).toEqual([503, `Redis at 127.0.0.1:${redis.port} does not answer\n`]);
      await redis.restart();

      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1) statuses.push((await ask('/', { headers: basic(`w${n}`) })).status);
      expect(new Set(statuses)).toEqual(new Set([401, 429]));
      const blocked = await ask('/', { headers: basic(PASSWORD) });
      expect(blocked.status).toBe(429);
      expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(60);
    } finally {
      board.child.kill('SIGTERM');
    }
    const { code, stderr } = await board.ended;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/hunter22|battery/);
    expect(jsonLines(stderr).filter(({ msg }) => msg === 'wrong password').length).toBeGreaterThan(2);
    expect(jsonLines(stderr).filter(({ msg }) => /password/.test(String(msg))).length).toBeLessThan(30);
  });

  test('does not begin without a password, or with a short one', async () => {
    const { folder, env } = await bench('open');
    const none = await run(['board'], { cwd: folder, env });
    expect(none).toMatchObject({
      code: 2,
      stderr: 'secondglance: the board needs a password: set SECONDGLANCE_BOARD_PASSWORD\n',
    });
    const short = await run(['board'], { cwd: folder, env: { ...env, SECONDGLANCE_BOARD_PASSWORD: 'abc' } });
    expect(short).toMatchObject({
      code: 2,
      stderr: 'secondglance: SECONDGLANCE_BOARD_PASSWORD: give at least 8 characters\n',
    });
  });
});
