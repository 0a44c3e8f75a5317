import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { run } from './support/program.ts';
import { benches, jsonLines } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches();

test('Redis and the allowed folders, where services are set up', async () => {
  const { bundle, folder, at, env } = await bench('site');
  const redis = await startRedis({ password: 'hunter22', arguments: ['--maxmemory', '64mb'] });
  const doctor = async (more: Record<string, string>) => {
    const how = { cwd: folder, env: { ...env, SECONDGLANCE_REDIS_URL: redis.url, ...more } };
    const { code, stdout } = await run(['doctor', '--model', bundle, '--json'], how);
    expect(stdout).not.toContain('hunter22');
    return { code, findings: jsonLines(stdout).filter(({ name }) => name === 'redis' || name === 'path') };
  };
  try {
    const well = await doctor({ SECONDGLANCE_ALLOW_PATHS: folder });
    expect(well).toMatchObject({
      code: 0,
      findings: [
        { name: 'redis', state: 'ok' },
        { name: 'path', state: 'ok' },
      ],
    });
    expect(well.findings[0]?.message).toMatch(
      new RegExp(`^\\d+\\.\\d+\\.\\d+ at 127\\.0\\.0\\.1:${redis.port}, 64 MiB$`),
    );
    expect(well.findings[1]?.message).toBe(`${folder}: services may read and write`);

    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await client.config('SET', 'appendonly', 'no');
    client.disconnect();
    const ill = await doctor({ SECONDGLANCE_ALLOW_PATHS: at('nowhere') });
    expect(ill).toMatchObject({
      code: 1,
      findings: [
        { name: 'redis', state: 'fail' },
        { name: 'path', state: 'fail' },
      ],
    });
    expect(ill.findings[0]?.message).toMatch(
      /allkeys-lru throws queued work away: set noeviction; without an append-only/,
    );
    expect(ill.findings[1]?.message).toBe(`${at('nowhere')} does not exist`);

    const refused = await doctor({ SECONDGLANCE_REDIS_URL: `redis://:other@127.0.0.1:${redis.port}` });
    expect(refused).toMatchObject({ code: 1, findings: [{ name: 'redis', state: 'fail' }] });
    expect(refused.findings[0]?.message).toMatch(/^Redis at 127\.0\.0\.1:\d+ refuses: /);
  } finally {
    await redis.remove();
  }
});
