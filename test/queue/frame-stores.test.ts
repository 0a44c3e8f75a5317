import { mkdir, readdir, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { folderFrames } from '../../src/queue/frame-stores.ts';
import { makeFolder } from '../support/videos.ts';
import { contexts, leftovers, videoId } from './support/contexts.ts';
import { beginVideo, captionA, groups, never, until, wide, worker } from './support/over-redis.ts';

const { context } = contexts();

test('Redis keeps frames until they are freed', async () => {
  const { frames } = await context();
  await frames.put(videoId(1), 0, Buffer.from('a'));
  await frames.put(videoId(1), 1, Buffer.from('b'));
  expect(await frames.get(videoId(1), 0)).toEqual(Buffer.from('a'));
  await frames.free(videoId(1), 0);
  expect(await frames.get(videoId(1), 0)).toBeUndefined();
  await frames.freeAll(videoId(1));
  expect(await frames.get(videoId(1), 1)).toBeUndefined();
});

describe('a shared folder', () => {
  test('holds complete files only, and is empty at the end', async () => {
    const folder = await makeFolder();
    try {
      const store = `${folder.path}/frames`;
      const queue = await context(`folder:${store}`);
      const producer = await beginVideo(queue);
      await enqueueGroups(queue, producer, groups(4), wide, never);
      expect((await readdir(`${store}/${producer.video}`)).sort()).toEqual(['0', '1', '2', '3']);
      const loop = worker(queue, captionA);
      await until(async () => (await queue.results.missing(producer.video, 4)).length === 0, 'all done');
      await loop.stop(0);
      await queue.records.finish(producer.video, producer.run, 'done', '{}');
      await queue.frames.freeAll(producer.video);
      expect(await readdir(store)).toEqual([]);
      expect(await leftovers(queue)).toEqual([]);
    } finally {
      await folder.remove();
    }
  });

  test('tells missing frames from a missing folder', async () => {
    const folder = await makeFolder();
    try {
      const store = `${folder.path}/frames`;
      const frames = folderFrames(store);
      await expect(frames.get(videoId(1), 0)).rejects.toMatchObject({ code: 'frame-store', retryable: true });
      await frames.prepare();
      expect(await frames.get(videoId(1), 0)).toBeUndefined();
      await rm(store, { recursive: true });
      await expect(frames.get(videoId(1), 0)).rejects.toMatchObject({ code: 'frame-store' });
    } finally {
      await folder.remove();
    }
  });

  test('an ID that is none leads to no path', async () => {
    const folder = await makeFolder();
    try {
      const frames = folderFrames(`${folder.path}/frames`);
      await frames.prepare();
      await mkdir(`${folder.path}/films`);
      for (const id of ['../films', '..', '.', '/etc', 'v1']) {
        await expect(frames.freeAll(id)).rejects.toMatchObject({ code: 'bad-payload' });
        await expect(frames.put(id, 0, Buffer.from('a'))).rejects.toMatchObject({ code: 'bad-payload' });
      }
      expect((await readdir(folder.path)).sort()).toEqual(['films', 'frames']);
    } finally {
      await folder.remove();
    }
  });
});
