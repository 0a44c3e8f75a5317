import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { glob } from 'tinyglobby';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { recordSubmissions, resubmitLost } from '../../../src/captioning/queued/submitted.ts';
import { submitVideo } from '../../../src/queue/video-control.ts';
import { contexts, videoId } from '../../queue/support/contexts.ts';
import { makeFolder } from '../../support/videos.ts';

const { context } = contexts();
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
  vi.stubEnv('SECONDGLANCE_STATE_DIR', folder.path);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

const submission = (n: number) => ({ id: videoId(n), request: '{}', priority: 'normal' as const, name: 'made' });
const recorded = async (n: number): Promise<string[]> => glob([`submitted/*${videoId(n)}.json`], { cwd: folder.path });

test('a submission that Redis has lost is submitted again; one that has ended is deleted', async () => {
  const queue = await context();
  for (const n of [1, 2, 3]) {
    await recordSubmissions(queue, [submission(n)]);
    await submitVideo(queue, submission(n));
  }
  await queue.redis.del(queue.keys.record(videoId(1)));
  await queue.redis.zrem(queue.keys.open, videoId(1));
  await queue.records.finish(videoId(2), '*', 'done', '{}');
  expect(await resubmitLost(queue)).toEqual([videoId(1)]);
  expect(await queue.records.read(videoId(1))).toMatchObject({ state: 'queued', run: 1 });
  expect([await recorded(1), await recorded(2), await recorded(3)].map(({ length }) => length)).toEqual([1, 0, 1]);
});

test('a record that has expired is not lost', async () => {
  const queue = await context();
  await recordSubmissions(queue, [submission(4)]);
  await submitVideo(queue, submission(4));
  await queue.records.finish(videoId(4), '*', 'done', '{}');
  await queue.redis.del(queue.keys.record(videoId(4)));
  expect(await resubmitLost(queue)).toEqual([]);
  expect(await queue.records.read(videoId(4))).toBeUndefined();
  expect(await recorded(4)).toEqual([]);
});

test('after a month a submission without any trace is deleted', async () => {
  const queue = await context();
  await recordSubmissions(queue, [submission(5)]);
  const [file = ''] = await recorded(5);
  const old = new Date(Date.now() - 31 * 86_400_000);
  await utimes(path.join(folder.path, file), old, old);
  expect(await resubmitLost(queue)).toEqual([]);
  expect(await recorded(5)).toEqual([]);
});
