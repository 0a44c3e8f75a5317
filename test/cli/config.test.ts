import { writeFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { run } from './support/program.ts';
import { benches } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches();
const SECRETS = {
  SECONDGLANCE_REDIS_URL: 'rediss://ann:hunter22@queue:6380/1',
  SECONDGLANCE_BOARD_PASSWORD: 'hunter23',
};

describe.concurrent('config', () => {
  test('shows what holds and where it comes from; no password', async () => {
    const { at, folder, env } = await bench('shows');
    await writeFile(at('secondglance.config.json'), '{"inFlight": 7, "allowPaths": ["films"]}');
    const { code, stdout, stderr } = await run(['config', '--http', '0.0.0.0:9464'], {
      cwd: folder,
      env: { ...env, ...SECRETS },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual(['redisUrl', 'rediss://***@queue:6380/1', 'SECONDGLANCE_REDIS_URL']);
    expect(lines).toContainEqual(['inFlight', '7', at('secondglance.config.json')]);
    expect(lines).toContainEqual(['allowPaths', at('films'), at('secondglance.config.json')]);
    expect(lines).toContainEqual(['http', '0.0.0.0:9464', '--http']);
    expect(lines).toContainEqual(['logLevel', 'info', 'default (SECONDGLANCE_LOG_LEVEL)']);
    expect(stdout).not.toMatch(/hunter/);
  });

  test('--json', async () => {
    const { folder, env } = await bench('json');
    const { stdout } = await run(['config', '--json'], { cwd: folder, env: { ...env, ...SECRETS } });
    expect(JSON.parse(stdout)).toMatchObject({
      settings: { redisUrl: 'rediss://***@queue:6380/1', boardPassword: '***', allowPaths: [], inFlight: 64 },
      origins: { redisUrl: 'SECONDGLANCE_REDIS_URL', inFlight: 'default' },
    });
    expect(stdout).not.toMatch(/hunter/);
  });

  test('a value that cannot be: one sentence, exit code 2, also from the commands that use it', async () => {
    const { folder, env } = await bench('wrong');
    const wrong = { cwd: folder, env: { ...env, SECONDGLANCE_IN_FLIGHT: 'many' } };
    for (const command of ['config', 'status', 'ingest']) {
      const { code, stdout, stderr } = await run([command], wrong);
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: '',
        stderr: 'secondglance: SECONDGLANCE_IN_FLIGHT: give a whole number from 1 to 100000\n',
      });
    }
  });
});
