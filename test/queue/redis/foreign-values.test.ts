import { expect, test } from 'vitest';
import type { QueueContext } from '../../../src/queue/queue-context.ts';
import { reconcileQueues } from '../../../src/queue/reconcile.ts';
import { cancelVideo, submitVideo } from '../../../src/queue/video-control.ts';
import { readStatus } from '../../../src/services/status.ts';
import { contexts, MODEL, videoId } from '../support/contexts.ts';
import { beginVideo, captionA, never, until, worker } from '../support/over-redis.ts';

const { context } = contexts();

const RECORD = { state: 'running', run: '1', request: '{}', name: 'f.mp4', priority: 'normal', submitted: '1' };

async function put(queue: QueueContext, n: number, fields: Record<string, string>): Promise<string> {
  const id = videoId(n);
  await queue.redis.hset(queue.keys.record(id), { ...RECORD, ...fields });
  const ended = !['queued', 'running'].includes(fields.state ?? 'running');
  await queue.redis.zadd(ended ? queue.keys.finished : queue.keys.open, n, id);
  return id;
}

/** Reconciles in a turn of its own. */
async function reconcile(queue: QueueContext): Promise<string[]> {
  await queue.redis.del(queue.keys.turn);
  return (await reconcileQueues(queue, never)).map(({ what }) => what);
}

test('a record with values of any kind costs itself: status shows the others and says which it is', async () => {
  const queue = await context();
  const { video } = await beginVideo(queue);
  const bad = await Promise.all(
    [
      { groups: '1000000000' },
      { groups: '-1' },
      { run: '1e300' },
      { run: '0' },
      { submitted: '1e300' },
      { state: 'odd' },
      { found: 'NaN' },
      { model: '../../x' },
      { covered: '1'.repeat(30) },
      { media: 'x'.repeat(2 ** 21) },
    ].map((fields, at) => put(queue, 100 + at, fields as Record<string, string>)),
  );
  await queue.redis.set(queue.keys.record(videoId(200)), 'text');
  await queue.redis.zadd(queue.keys.open, 1, videoId(200), 1, '../../x', 1, 'v1');
  const { videos, unreadable } = await readStatus(queue);
  expect(videos.map(({ id }) => id)).toEqual([video]);
  expect([...unreadable].sort().map((text) => /v\d{24}/.exec(text)?.[0])).toEqual([...bad, videoId(200)].sort());

  const repairs = await reconcile(queue);
  // The one of an odd state counts as finished, which no sweep looks at.
  expect(repairs.filter((what) => /was not written by this version/.test(what))).toHaveLength(bad.length);
  expect(repairs.filter((what) => /is not the ID of a video/.test(what))).toHaveLength(2);
  expect(await queue.records.openIds()).toEqual([video]);
  // Another type is moved away, so that the video can be submitted again.
  const submission = { id: videoId(200), request: '{}', priority: 'normal', name: 'made' } as const;
  expect(await submitVideo(queue, submission)).toMatchObject({ begun: true });
});

test('facts that a service did not write cost what they tell, not the list', async () => {
  const queue = await context();
  const odd = ['{bad', '[]', '{"start":"x"}', '{"state":"done","outputs":[[1]]}'];
  for (const [at, json] of odd.entries()) {
    await put(queue, 300 + at, { media: json, model: MODEL });
    await put(queue, 400 + at, { state: 'done', summary: json, ended: '1' });
  }
  const { videos } = await readStatus(queue);
  expect(videos).toHaveLength(2 * odd.length);
  for (const { state, problems } of videos) {
    if (state === 'done') expect(problems?.[0]).toMatchObject({ code: 'bad-payload' });
  }
});

test('a million groups that no one has seen are a short sweep', async () => {
  const queue = await context();
  await put(queue, 500, { groups: '999999', media: '{}', report: '{}', model: MODEL });
  const began = performance.now();
  await reconcile(queue);
  expect(performance.now() - began).toBeLessThan(60_000);
});

test('a shared key of another type is moved away, and said', async () => {
  const queue = await context();
  const { open, finished, inFlight, models, paused } = queue.keys;
  const { video } = await beginVideo(queue);
  for (const key of [open, finished, inFlight, models]) {
    await queue.redis.del(key);
    await queue.redis.set(key, 'text');
  }
  await queue.redis.hset(paused, 'a', 'b');
  const repairs = await reconcile(queue);
  expect(repairs.filter((what) => /moved away/.test(what))).toHaveLength(5);
  await readStatus(queue);
  await queue.redis.zadd(inFlight, 0, '../../etc/0', 0, 'x', 0, `${MODEL.slice(0, 12)}/${video}/0`);
  expect(await queue.inFlight.list()).toHaveLength(1);
  expect(await reconcile(queue)).toContain('2 members of the groups in flight were not ours');
  await expect(cancelVideo(queue, '../../x')).rejects.toMatchObject({ code: 'video-unknown' });
});

test("a key of BullMQ's that holds another type, or no number, is moved away, and said; then the queues work", async () => {
  const queue = await context();
  await queue.redis.sadd(queue.keys.models, MODEL);
  const names = ['videos-normal', 'tracks', `groups-${MODEL.slice(0, 12)}`];
  const texts = ['wait', 'active', 'paused', 'delayed', 'prioritized', 'completed', 'failed', 'waiting-children'];
  const odd = [...texts, 'stalled', 'meta', 'events', 'marker', 'id', 'pc'];
  for (const name of names) {
    for (const key of odd) await queue.redis.set(`${queue.prefix}:${name}:${key}`, 'text');
    for (const key of ['limiter', 'stalled-check']) await queue.redis.hset(`${queue.prefix}:${name}:${key}`, 'a', 'b');
  }
  await expect(readStatus(queue)).rejects.toThrow('WRONGTYPE');
  const repairs = await reconcile(queue);
  expect(repairs.filter((what) => /moved away/.test(what))).toHaveLength(names.length * (odd.length + 2));
  const { video, run } = await beginVideo(queue);
  await queue.queues.addGroup({ video, run, group: 0, model: MODEL, passes: 2 }, 'low');
  expect(await readStatus(queue)).toMatchObject({ waiting: 1, videos: [{ id: video }] });
  expect((await reconcile(queue)).filter((what) => /moved away/.test(what))).toEqual([]);
});

test('a turn without an end does not keep services from reconciling', async () => {
  const queue = await context();
  await queue.redis.set(queue.keys.turn, '1');
  expect(await queue.records.takeTurn(4000)).toBe(false);
  expect(await queue.records.takeTurn(4000)).toBe(true);
});

test('a job that BullMQ cannot read is removed at once, and said; the next one runs', async () => {
  const queue = await context();
  const key = `${queue.prefix}:groups-${MODEL.slice(0, 12)}`;
  const rejected: string[] = [];
  const loop = worker(queue, captionA, { onRejected: ({ message }) => rejected.push(message) });
  try {
    await queue.redis.hset(`${key}:px`, { name: 'group', data: '{"video":', opts: '{}', timestamp: '1' });
    await queue.redis.hset(`${key}:py`, { name: 'group', data: '{"video":"../x"}', opts: '{}', timestamp: '1' });
    await queue.redis.lpush(`${key}:wait`, 'px', 'py');
    await queue.redis.zadd(`${key}:marker`, 0, '0');
    await until(() => rejected.length >= 2, 'both are rejected');
    expect(rejected.some((message) => /job px .* is removed/.test(message))).toBe(true);
    expect(await queue.redis.lrange(`${key}:active`, 0, -1)).toEqual([]);
  } finally {
    await loop.stop(0);
  }
});
