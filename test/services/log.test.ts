import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { jsonLines } from '../cli/support/room.ts';

test('JSON lines on stderr, with video and group; secrets are hidden wherever they stand', async () => {
  const program = path.join(import.meta.dirname, 'support/say.ts');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program]);
  expect(stdout).toBe('');
  expect(stderr).not.toContain('hunter22');
  const [ready, failed, ...more] = jsonLines(stderr);
  expect(more).toEqual([]);
  expect(ready).toMatchObject({
    level: 30,
    service: 'worker',
    pid: expect.any(Number),
    time: expect.any(Number),
    video: 'v1',
    group: 3,
    redis: 'redis://***@queue:6379',
    msg: 'ready',
  });
  const command = 'ffmpeg -i https://***@films.example/a.mp4?token=***';
  expect(failed).toMatchObject({
    level: 50,
    msg: 'video failed',
    err: { code: 'http-status', message: `${command} failed`, detail: { command } },
  });
  expect(failed).not.toHaveProperty('err.stack');
}, 120_000);
