import path from 'node:path';
import { expect, test } from 'vitest';
import { makeRequest } from '../../src/captioning/queued/video-request.ts';
import { loadSettings } from '../../src/config/load.ts';
import { openGuard } from '../../src/ingest/access/guard.ts';
import type { QueueContext } from '../../src/queue/queue-context.ts';
import { DECODES_AT_ONCE, reconcileQueues } from '../../src/queue/reconcile.ts';
import { submitVideo } from '../../src/queue/video-control.ts';
import { ingestService } from '../../src/services/ingest.ts';
import type { ServiceContext } from '../../src/services/service.ts';
import { colourVideo } from '../cli/support/room.ts';
import { contexts, MODEL, videoId } from '../queue/support/contexts.ts';
import { captionA, never, recordedWorker, until, worker } from '../queue/support/over-redis.ts';
import { makeFolder } from '../support/videos.ts';

const { context } = contexts();

/** An ingest service, and a submitted video of 24 keyframes for it. */
async function serve(queue: QueueContext, folder: string, flags: Record<string, string> = {}) {
  const file = path.join(folder, 'film.mkv');
  await colourVideo(file, ['red', 'green', 'blue'], 8);
  const { settings } = await loadSettings({ flags: { allowPaths: folder, ...flags } });
  let found = 0;
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const metrics = {
    found: (keyframes: number) => {
      found += keyframes;
    },
    captioned: () => undefined,
    failed: () => undefined,
  };
  const guard = await openGuard(settings);
  const serviceContext: ServiceContext = { queue, settings, guard, log, metrics, images: new Map() };
  const request = makeRequest(
    { kind: 'file', input: file, name: 'film.mkv', label: file },
    { url: 'not compared' },
    [{ format: 'vtt', path: path.join(folder, 'film.vtt') }],
    {
      choice: { mode: 'every', interval: 1_000_000 },
      passes: 2,
      minConfidence: 0,
      profile: 'web',
      kind: 'descriptions',
      language: 'en',
      force: false,
    },
    {
      image: { width: 16, height: 16, resize: 'stretch', filter: 'bilinear', matrix: 'bt709' },
      model: { name: 'tiny', version: '1', sha256: MODEL },
    },
  );
  const id = videoId(1);
  await submitVideo(queue, { id, request: JSON.stringify(request), priority: 'normal', name: 'film.mkv' });
  return { id, service: ingestService(serviceContext, 1), found: () => found };
}

test('a video whose frames are lost again and again is decoded a limited number of times, then parked', async () => {
  const folder = await makeFolder();
  const queue = await context();
  // What a worker without the mount sees.
  const blind: QueueContext = { ...queue, frames: { ...queue.frames, put: async () => undefined } };
  const { id, service, found } = await serve(blind, folder.path, { inFlightPerVideo: '1' });
  const { loop, events } = recordedWorker(queue, captionA);
  try {
    await until(async () => {
      await reconcileQueues(queue, never);
      return /lost again and again/.test((await queue.records.read(id))?.blockedReason ?? '');
    }, 'parked');
    await until(() => service.running() === 0, 'not being decoded');
    expect(new Set(events.map(({ outcome }) => outcome))).toEqual(new Set(['frames-missing']));
    expect(found()).toBeLessThanOrEqual(24 * (DECODES_AT_ONCE + 1));
    expect((await queue.queues.depths())['videos-normal']).toMatchObject({ waiting: 1, active: 0 });
    expect((await queue.records.read(id))?.state).toBe('running');
  } finally {
    await Promise.all([service.stop(), loop.stop(0)]);
    await folder.remove();
  }
});

test('a video without a worker for its model is parked, and leaves its slot to others', async () => {
  const folder = await makeFolder();
  const queue = await context('redis', { noWorkerMs: 100 });
  const { id, service } = await serve(queue, folder.path, { inFlightPerVideo: '1' });
  try {
    await until(async () => (await queue.records.read(id))?.blockedReason !== undefined, 'blocked');
    expect((await queue.records.read(id))?.blockedReason).toMatch(/no running worker has its model/);
    await until(() => service.running() === 0, 'not being decoded');
    expect((await queue.queues.depths())['videos-normal']).toMatchObject({ waiting: 1, active: 0 });
  } finally {
    await service.stop();
    await folder.remove();
  }
});

test('a frame store that is away does not fail a video', async () => {
  const folder = await makeFolder();
  const queue = await context(`folder:${folder.path}/file/frames`);
  const { writeFile, rm } = await import('node:fs/promises');
  await writeFile(`${folder.path}/file`, 'no folder can be made here');
  const { id, service } = await serve(queue, folder.path);
  const job = `${queue.prefix}:videos-normal:${id}-1`;
  const loop = worker(queue, captionA);
  try {
    // More starts than a video has attempts.
    await until(async () => Number(await queue.redis.hget(job, 'ats')) > 4, 'tried several times');
    expect(await queue.records.read(id)).toMatchObject({ state: 'running', failed: 0 });
    await rm(`${folder.path}/file`);
    // The last group may have its captions before the decoder has counted the groups.
    await until(async () => {
      const record = await queue.records.read(id);
      return record?.done === 24 && record.groups !== undefined;
    }, 'captioned after all');
    expect(await queue.records.read(id)).toMatchObject({ groups: 3, failed: 0 });
  } finally {
    await Promise.all([service.stop(), loop.stop(0)]);
    await folder.remove();
  }
});
