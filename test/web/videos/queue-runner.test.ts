import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StoredVideo, UNBEGUN } from '../../../src/web/store/documents.ts';
import { DataFolder } from '../../../src/web/videos/data-folder.ts';
import { QueueRunner } from '../../../src/web/videos/queue-runner.ts';
import type { StopReason, VideoRunner } from '../../../src/web/videos/video-runner.ts';
import { colourPicture } from '../../cli/support/room.ts';
import { openContext } from '../../queue/support/contexts.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { tinyBundle } from '../../support/run.ts';
import { makeFolder } from '../../support/videos.ts';

let redis: TestRedis;
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  [redis, folder] = await Promise.all([startRedis(), makeFolder()]);
});
afterAll(async () => {
  await redis.remove();
  await folder.remove();
});

/** A run of a picture over the queue, and what stops it. */
function begin(runner: VideoRunner, input: string) {
  const stop = new AbortController();
  let modelKnown = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    modelKnown = resolve;
  });
  const observer = {
    ...{ media: () => undefined, caption: () => undefined, cue: () => undefined, progress: () => undefined },
    model: () => modelKnown(),
  };
  const video: StoredVideo = {
    ...{ id: 'v1', name: 'red.png', source: { kind: 'file' as const, input, label: input }, state: 'running' as const },
    ...{ ...UNBEGUN, options: {} as StoredVideo['options'], added: 0 },
  };
  const ended = runner.caption(video, observer, stop.signal);
  ended.catch(() => undefined);
  return { begun, ended, stop: (reason: StopReason) => stop.abort(reason) };
}

test('while Redis is away, a server that stops does not wait for it, nor a video that is paused', async () => {
  const input = path.join(folder.path, 'red.png');
  await colourPicture(input, 'red');
  const queue = await openContext({ url: redis.url, prefix: 'away' });
  const lists = { folders: [folder.path], allowUrls: [] };
  const runner = new QueueRunner(queue, new DataFolder(path.join(folder.path, 'data')), lists, tinyBundle());
  await redis.kill();
  for (const reason of ['shutdown', 'pause'] as const) {
    const run = begin(runner, input);
    await run.begun;
    run.stop(reason);
    await expect(run.ended).rejects.toBe(reason);
  }
  expect(await runner.workers()).toBeUndefined();
  await runner.close();
});
