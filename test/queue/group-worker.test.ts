import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Caption, Group } from '../../src/core/types.ts';
import { collectGroups } from '../../src/queue/collect.ts';
import { cancelVideo, submissionToRetry, submitVideo } from '../../src/queue/control.ts';
import { enqueueGroups, lostGroups } from '../../src/queue/enqueue-groups.ts';
import { packGroup, unpackGroup } from '../../src/queue/frames.ts';
import type { GroupEvent } from '../../src/queue/group-worker.ts';
import type { GroupWork } from '../../src/queue/in-process.ts';
import type { QueueContext } from '../../src/queue/queue-context.ts';
import { reconcileQueues } from '../../src/queue/reconcile.ts';
import { REFUSED_AT_MOST_MS } from '../../src/queue/redis/records.ts';
import { tinyGroup } from '../support/tiny-groups.ts';
import { beginVideo, worker } from './support/over-redis.ts';
import { leftovers, sites, videoId } from './support/sites.ts';

vi.setConfig({ testTimeout: 240_000 });

const { site: makeSite, another } = sites();
const quiet = new AbortController().signal;
const wide = { perVideo: 100, inAll: 1000 };

async function* groups(count: number): AsyncGenerator<Group> {
  for (let index = 0; index < count; index += 1) yield tinyGroup(['red', 'blue'], index);
}

const caption: GroupWork = async (group): Promise<Caption[]> =>
  group.keyframes.map(({ video, index, pts, still }) => {
    return { video, index, pts, still, draft: 'a', text: 'a', confidence: 1, passes: 2 };
  });

/** Waits until `condition` holds, however slow the machine. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 120_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const held = (site: QueueContext): Promise<number> => site.redis.zcard(site.keys.held);

test('frames come out of their bytes as they went in; a flipped bit shows', () => {
  const group = tinyGroup(['red', 'green', [1, 2, 3]], 5);
  const bytes = packGroup(group);
  expect(unpackGroup(bytes)).toEqual({
    ...group,
    keyframes: group.keyframes.map((frame) => ({ ...frame, pixels: Buffer.from(frame.pixels) })),
  });
  for (const at of [0, 40, bytes.length - 1]) {
    const torn = Buffer.from(bytes);
    torn.writeUInt8(torn.readUInt8(at) ^ 1, at);
    expect(() => unpackGroup(torn)).toThrow(/decoded again/);
  }
  expect(() => unpackGroup(bytes.subarray(0, 20))).toThrow(/decoded again/);
});

test('a video keeps no more in flight than it may, all of them together neither, and urgent ones find room', async () => {
  const site = await makeSite();
  const limits = { perVideo: 3, inAll: 8 };
  const ending = new AbortController();
  const feeds = [];
  for (const priority of ['low', 'low', 'low', 'normal'] as const) {
    feeds.push(enqueueGroups(site, await beginVideo(site, priority), groups(20), limits, ending.signal).catch(() => 0));
  }
  // Half of 8 for the low ones; the normal one finds 2 of its share of 6.
  await until(async () => (await held(site)) >= 6, 'six in flight');
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await held(site)).toBe(6);
  feeds.push(enqueueGroups(site, await beginVideo(site, 'high'), groups(20), limits, ending.signal).catch(() => 0));
  await until(async () => (await held(site)) === 8, 'eight in flight');
  ending.abort();
  await Promise.all(feeds);
});

test('urgent groups are done before those that came first', async () => {
  const site = await makeSite();
  const low = await beginVideo(site, 'low');
  const high = await beginVideo(site, 'high');
  await enqueueGroups(site, low, groups(4), wide, quiet);
  await enqueueGroups(site, high, groups(4), wide, quiet);
  const order: string[] = [];
  const loop = worker(site, caption, { onGroup: ({ video }) => order.push(video === low.video ? 'low' : 'high') });
  await until(() => order.length === 8, 'all done');
  await loop.stop(0);
  expect(order).toEqual([...Array(4).fill('high'), ...Array(4).fill('low')]);
});

test('a group that fails three times is a gap; a retry does only that', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(3), wide, quiet);
  await site.records.note(feed.video, feed.run, { report: '{}', groups: 3 });
  let poisoned = true;
  const tried: number[] = [];
  const events: GroupEvent[] = [];
  const work: GroupWork = async (group, signal) => {
    tried.push(group.index);
    if (poisoned && group.index === 1) throw new Error('this one is poison');
    return caption(group, signal);
  };
  const loop = worker(site, work, { onGroup: (event) => events.push(event) });
  await until(async () => (await site.results.missing(feed.video, 3)).length === 0, 'three results');
  // A result counts a moment before its worker tells of it.
  await until(() => events.some(({ what }) => what === 'gap'), 'told of the gap');
  expect(tried.filter((group) => group === 1)).toHaveLength(3);
  expect(events.filter(({ group }) => group === 1).map(({ what }) => what)).toEqual(['failed', 'failed', 'gap']);
  const results = await site.results.read(feed.video, 0, 3);
  expect(results.map((result) => result?.captions.map(({ error }) => error?.message))).toEqual([
    [undefined, undefined],
    ['this one is poison', 'this one is poison'],
    [undefined, undefined],
  ]);
  const record = await site.records.read(feed.video);
  expect(record).toMatchObject({ done: 6, failed: 2 });
  await site.records.finish(feed.video, feed.run, 'partial', '{}');

  poisoned = false;
  tried.length = 0;
  const again = await submitVideo(site, await submissionToRetry(site, feed.video));
  expect(await site.results.missing(feed.video, 3)).toEqual([1]);
  await enqueueGroups(site, { ...feed, run: again.run }, groups(3), wide, quiet);
  await until(async () => (await site.results.missing(feed.video, 3)).length === 0, 'the gap closed');
  await loop.stop(0);
  expect(tried).toEqual([1]);
  expect(await site.records.read(feed.video)).toMatchObject({ done: 6, failed: 0, run: 2 });
});

test('the death of those who hold a group is not its failure', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(1), wide, quiet);
  for (let death = 0; death < 4; death += 1) {
    const there = await another(site);
    let begun = false;
    const stuck = worker(there, () => new Promise(() => (begun = true)));
    await until(() => begun, 'begun');
    // Cut off in the middle, like a process that is killed: nobody gives the job back.
    there.redis.disconnect();
    void stuck;
  }
  const events: GroupEvent[] = [];
  const loop = worker(site, caption, { onGroup: (event) => events.push(event) });
  await until(() => events.length > 0, 'taken up');
  await loop.stop(0);
  expect(events.map(({ what }) => what)).toEqual(['kept']);
});

test('a worker with another bundle refuses, says so, and leaves the group to one that has it', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(1), wide, quiet);
  const refused: GroupEvent[] = [];
  const other = worker(site, caption, {
    refuse: () => 'it has another bundle',
    onGroup: (event) => refused.push(event),
  });
  await until(() => refused.length >= 2, 'refused twice');
  expect((await site.records.read(feed.video))?.hindrance).toBe('it has another bundle');
  const right = worker(site, caption);
  await until(() => site.results.has({ video: feed.video, run: feed.run, group: 0 }), 'done by the right one');
  expect((await site.records.read(feed.video))?.hindrance).toBeUndefined();
  await other.stop(0);
  await right.stop(0);
});

test('a video that every worker refuses is set aside and gives its room to others; later it is tried again', async () => {
  const site = await makeSite();
  const limits = { perVideo: 2, inAll: 4 };
  const strange = { ...(await beginVideo(site)), model: 'b'.repeat(64) };
  const refuses = ({ model }: { model: string }) => (model === strange.model ? 'another bundle' : undefined);
  const events: GroupEvent[] = [];
  const loop = worker(site, caption, { refuse: refuses, onGroup: (event) => events.push(event) });
  const feeding = enqueueGroups(site, strange, groups(5), limits, quiet).catch((error: unknown) => error);
  await until(() => events.length > 2, 'refused');
  expect(await held(site)).toBe(2);
  // As if it had been refused for long.
  await site.redis.hset(site.keys.record(strange.video), 'refused', Date.now() - REFUSED_AT_MOST_MS);
  expect(await feeding).toMatchObject({ code: 'video-aside', retryable: true });
  await until(async () => (await site.queues.depths()).groups?.waiting === 0, 'its jobs are gone');
  expect([await held(site), await leftovers(site)]).toEqual([0, [site.keys.open]]);
  expect(await site.records.read(strange.video)).toMatchObject({ state: 'running', hindrance: 'another bundle' });
  const good = await beginVideo(site);
  expect(await enqueueGroups(site, good, groups(5), limits, quiet)).toBe(5);
  await until(async () => (await site.results.missing(good.video, 5)).length === 0, 'another one done');

  await loop.stop(0);
  // Its time has come again, and a worker that can do it.
  await site.redis.hset(site.keys.record(strange.video), 'aside', Date.now() - 1);
  const able = worker(site, caption);
  expect(await enqueueGroups(site, strange, groups(5), limits, quiet)).toBe(5);
  await until(async () => (await site.results.missing(strange.video, 5)).length === 0, 'done after all');
  await able.stop(0);
  expect((await site.records.read(strange.video))?.hindrance).toBeUndefined();
});

test('a result counts once, whoever else has worked on the group', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  const place = { video: feed.video, run: feed.run, group: 0 };
  const outcome = (text: string) => ({
    captions: [{ video: 'made', index: 0, pts: 0, still: false, draft: text, text, confidence: 1, passes: 2 as const }],
    runtime: 'made',
    host: 'here',
  });
  expect(await site.results.commit(place, outcome('first'))).toBe('kept');
  expect(await site.results.commit(place, outcome('second'))).toBe('twice');
  expect((await site.results.read(feed.video, 0, 1))[0]?.captions[0]?.text).toBe('first');
  expect(await site.results.commit({ ...place, run: 7 }, outcome('of another run'))).toBe('gone');
  expect((await site.records.read(feed.video))?.done).toBe(1);
});

test('a cancelled video leaves nothing, and what comes late changes nothing', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(5), wide, quiet);
  await cancelVideo(site, feed.video);
  await expect(enqueueGroups(site, feed, groups(6), wide, quiet)).rejects.toMatchObject({ code: 'video-gone' });
  await expect(collectGroups(site, feed, { signal: quiet }).next()).rejects.toMatchObject({ code: 'video-gone' });
  await expect(cancelVideo(site, feed.video)).rejects.toMatchObject({ code: 'video-state' });
  expect(await leftovers(site)).toEqual([]);
});

test('pause holds within a group, resume goes on', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  const done: number[] = [];
  const work: GroupWork = async (group, signal) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    done.push(group.index);
    return caption(group, signal);
  };
  const loop = worker(site, work);
  const feeding = enqueueGroups(site, feed, groups(30), { perVideo: 4, inAll: 1000 }, quiet);
  await until(() => done.length >= 2, 'two done');
  await site.queues.pause('all');
  const then = done.length;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(done.length).toBeLessThanOrEqual(then + 1);
  await site.queues.resume();
  await feeding;
  await until(() => done.length === 30, 'all done');
  await loop.stop(0);
});

test('asked to end, a worker finishes the group in hand and takes no other; one that takes too long it gives back', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(2), wide, quiet);
  const place = (group: number) => ({ video: feed.video, run: feed.run, group });
  let finish = (): void => undefined;
  let begun = 0;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const first = worker(site, async (group, signal) => {
    begun += 1;
    await gate;
    return caption(group, signal);
  });
  await until(() => begun === 1, 'begun');
  const stopped = first.stop(100_000);
  finish();
  await stopped;
  expect([begun, await site.results.has(place(0)), await site.results.has(place(1))]).toEqual([1, true, false]);

  const endless: GroupWork = (_, signal) =>
    new Promise((_resolve, reject) => {
      begun += 1;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const second = worker(site, endless);
  await until(() => begun === 2, 'begun again');
  await second.stop(50);
  // Nobody has to find out first that its holder is gone, and it is no failure of the group.
  expect((await site.queues.depths()).groups).toEqual({ waiting: 1, active: 0, failed: 0 });
  const events: GroupEvent[] = [];
  const third = worker(site, caption, { onGroup: (event) => events.push(event) });
  await until(() => events.length > 0, 'taken by another');
  await third.stop(0);
  expect(events.map(({ group, what }) => `${group} ${what}`)).toEqual(['1 kept']);
});

test('the same submission while it is under way is one job; afterwards it begins anew', async () => {
  const site = await makeSite();
  const submission = { id: videoId(9001), request: '{}', priority: 'normal' as const, name: 'made' };
  const first = await submitVideo(site, submission);
  expect(first).toMatchObject({ run: 1, begun: true });
  expect(await submitVideo(site, submission)).toMatchObject({ run: 1, begun: false });
  expect((await site.queues.depths())['videos-normal']).toMatchObject({ waiting: 1 });
  await site.records.finish(submission.id, 1, 'done', '{}');
  expect(await submitVideo(site, submission)).toMatchObject({ run: 2, begun: true });
});

test('what Redis forgot of a group is found: frames gone, job gone', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(3), wide, quiet);
  await site.frames.free(feed.video, 0);
  await site.queues.removeGroup({ video: feed.video, run: feed.run, group: 1 });
  const events: GroupEvent[] = [];
  const loop = worker(site, caption, { onGroup: (event) => events.push(event) });
  await until(() => events.length === 2, 'two jobs taken');
  expect(events.map(({ group, what }) => `${group} ${what}`).sort()).toEqual(['0 lost', '2 kept']);
  await until(async () => (await lostGroups(site, feed, 3)).length === 2, 'two lost');
  expect(await lostGroups(site, feed, 3)).toEqual([0, 1]);
  // The decoder has ended: the sweep asks for it once more.
  await site.records.note(feed.video, feed.run, { report: '{}', groups: 3, media: '{}' });
  await until(async () => (await reconcileQueues(site, quiet)).some(({ what }) => /2 groups/.test(what)), 'swept');
  expect(await site.queues.hasVideo(feed, 'normal')).toBe(true);
  expect(await site.queues.hasTracks(feed)).toBe(true);
  await enqueueGroups(site, feed, groups(3), wide, quiet);
  await until(async () => (await site.results.missing(feed.video, 3)).length === 0, 'all done after all');
  await loop.stop(0);
});

test('groups given up by BullMQ, because whoever held them died again and again, become gaps', async () => {
  const site = await makeSite();
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(1), wide, quiet);
  await site.records.note(feed.video, feed.run, { report: '{}', groups: 1 });
  const job = `${site.prefix}:groups:${feed.video}-${feed.run}-0`;
  // What BullMQ writes when a job has stalled more often than it may.
  await site.redis.hset(job, 'defa', 'job stalled more than allowable limit');
  const loop = worker(site, caption);
  const place = { video: feed.video, run: feed.run, group: 0 };
  await until(async () => typeof (await site.queues.groupState(place)) === 'object', 'given up');
  await until(async () => {
    await reconcileQueues(site, quiet);
    return site.results.has(place);
  }, 'a gap');
  await loop.stop(0);
  expect((await site.results.read(feed.video, 0, 1))[0]?.captions[0]?.error?.message).toMatch(/stalled/);
  expect(await site.records.read(feed.video)).toMatchObject({ failed: 2 });
});

test('a shared folder holds the frames instead, whole files only, and is empty at the end', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-frames-'));
  try {
    const site = await makeSite(`folder:${folder}`);
    const feed = await beginVideo(site);
    await enqueueGroups(site, feed, groups(4), wide, quiet);
    expect((await readdir(path.join(folder, feed.video))).sort()).toEqual(['0', '1', '2', '3']);
    const loop = worker(site, caption);
    await until(async () => (await site.results.missing(feed.video, 4)).length === 0, 'all done');
    await loop.stop(0);
    await site.records.finish(feed.video, feed.run, 'done', '{}');
    await site.frames.freeAll(feed.video);
    expect(await readdir(folder)).toEqual([]);
    expect(await leftovers(site)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a job that nobody here wrote is refused with a reason, and harms nothing', async () => {
  const site = await makeSite();
  await site.queues.addGroup({ video: '../../etc', run: 1, group: 0, model: 'x', passes: 2 }, 'high');
  const feed = await beginVideo(site);
  await enqueueGroups(site, feed, groups(1), wide, quiet);
  const dropped: string[] = [];
  const loop = worker(site, caption, { onDropped: ({ message }) => dropped.push(message) });
  await until(() => site.results.has({ video: feed.video, run: feed.run, group: 0 }), 'the good one is done');
  await until(async () => (await site.queues.depths()).groups?.failed === 1, 'the bad one failed');
  await until(() => dropped.length === 1, 'told of it');
  await loop.stop(0);
  expect(dropped[0]).toMatch(/not what this version of secondglance writes/);
  expect(await site.queues.groupState({ video: '../../etc', run: 1, group: 0 })).toMatchObject({
    reason: expect.stringMatching(/not what this version of secondglance writes \(at video\)/),
  });
});

test('a record that nobody here wrote keeps no other video from being looked after, and hides none', async () => {
  const site = await makeSite();
  const good = await beginVideo(site);
  for (const [at, fields] of [{ state: 'running' }, { state: 'dancing', run: '1', request: '{}' }].entries()) {
    const id = videoId(9100 + at);
    await site.redis.hset(site.keys.record(id), fields);
    await site.redis.zadd(site.keys.open, at, id);
  }
  const mended = new Map<string, string>();
  await until(async () => {
    for (const { video, what } of await reconcileQueues(site, quiet)) mended.set(video, what);
    return mended.size === 3;
  }, 'all three looked at');
  expect(mended.get(good.video)).toBe('nobody decoded it');
  expect(mended.get(videoId(9100))).toMatch(/not written by this version/);
  expect(mended.get(videoId(9101))).toMatch(/not written by this version/);
  expect((await site.records.list()).map(({ id }) => id)).toEqual([good.video]);
  expect(await site.records.openIds()).toEqual([good.video]);
});

test('many videos that wait: each is looked after in its turn, those that run at once', async () => {
  const site = await makeSite();
  const queued = Array.from({ length: 300 }, (_, at) => videoId(20_000 + at));
  for (const id of queued) await site.records.submit({ id, request: '{}', priority: 'normal', name: 'made' });
  const running = await beginVideo(site);
  const seen = new Set<string>();
  let sweeps = 0;
  await until(async () => {
    // Turns are for services that sweep on and on.
    await site.redis.del(site.keys.turn);
    for (const { video } of await reconcileQueues(site, quiet)) seen.add(video);
    sweeps += 1;
    if (sweeps === 1) expect([seen.size, seen.has(running.video)]).toEqual([251, true]);
    return seen.size === 301;
  }, 'all looked after');
  expect((await site.queues.depths())['videos-normal']?.waiting).toBe(301);
});
