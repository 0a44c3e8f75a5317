import { expect, test } from 'vitest';
import { contexts, videoId } from '../support/contexts.ts';
import { beginVideo } from '../support/over-redis.ts';

const { context } = contexts();

test('times are those of Redis', async () => {
  const queue = await context();
  const [seconds] = await queue.redis.time();
  const now = await queue.records.now();
  expect(Math.abs(now / 1000 - Number(seconds))).toBeLessThan(60);
  const { video, run } = await beginVideo(queue);
  await queue.records.finish(video, run, 'done', '{}');
  const { submitted = 0, begun = 0, ended = 0 } = (await queue.records.read(video)) ?? {};
  expect(submitted).toBeGreaterThanOrEqual(now);
  expect(begun).toBeGreaterThanOrEqual(submitted);
  expect(ended).toBeGreaterThanOrEqual(begun);
});

test('only the active run is written', async () => {
  const queue = await context();
  const of = await beginVideo(queue);
  expect(await queue.records.update(of, { media: '{}' })).toBe(true);
  expect(await queue.records.update({ ...of, run: 2 }, { media: 'late' })).toBe(false);
  expect(await queue.records.finish(of.video, 2, 'done', '{}')).toBe(false);
  expect(await queue.records.read(of.video)).toMatchObject({ state: 'running', media: '{}', model: of.model });
});

test('an expired record is known to have ended, an unknown one is not', async () => {
  const queue = await context();
  const { video, run } = await beginVideo(queue);
  await queue.records.finish(video, run, 'done', '{}');
  await queue.redis.del(queue.keys.record(video));
  expect(await queue.records.states([video])).toEqual([undefined]);
  expect(await queue.records.hasEnded(video)).toBe(true);
  expect(await queue.records.hasEnded(videoId(9999))).toBe(false);
});

test('an ID may be shortened as long as one video fits', async () => {
  const queue = await context();
  const [first, second] = ['aa', 'ab'].map((start) => `v00${start}${'0'.repeat(20)}`) as [string, string];
  for (const id of [first, second]) {
    await queue.records.submit([{ id, request: '{}', priority: 'low', name: 'made' }]);
  }
  expect(await queue.records.resolve('v00aa')).toBe(first);
  await expect(queue.records.resolve('v00a')).rejects.toMatchObject({ code: 'video-unknown' });
  await expect(queue.records.resolve('v0')).rejects.toMatchObject({ code: 'video-unknown' });
  const ids = (await queue.records.list()).map(({ id }) => id);
  expect(ids).toEqual([first, second]);
  await expect(queue.records.resolve('../x')).rejects.toMatchObject({ code: 'video-unknown' });
});
