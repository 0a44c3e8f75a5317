/**
 * What the queue costs: figures for README and docs/scaling.md. Needs `npm run build` first, and an idle machine.
 *
 *   npm run bench:queue
 *   npm run bench:queue -- --frames 200 --groups 12 --videos 1000    quickly, to see that it runs
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runGroups } from '../src/captioning/run-groups.ts';
import type { FramePlace } from '../src/config/settings-schema.ts';
import type { ImageSpec } from '../src/core/types.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../src/workers/bundle/bundle.ts';
import { startRedis, type TestRedis } from '../test/support/redis.ts';
import { idleServices, queuedVideos, takeUp, waitingVideo } from './support/idle.ts';
import {
  endServices,
  GROUP,
  groups,
  instantly,
  NO_MODEL,
  never,
  openQueue,
  perUnit,
  startService,
  startWorker,
  type Toll,
  through,
  tollFor,
  tollOf,
} from './support/queue-context.ts';

interface Cost {
  /** Milliseconds a frame. */
  readonly frame: number;
  /** What a group costs Redis. */
  readonly group: Toll;
  /** Bytes that a group's result takes until its video is finished. */
  readonly result: number;
}

/** Milliseconds a frame from the source to the result in one process. */
async function inOneProcess(count: number, image: ImageSpec): Promise<number> {
  const began = performance.now();
  for await (const _ of runGroups(groups(count, image), instantly, { concurrency: 2, signal: never }));
  return (performance.now() - began) / (count * GROUP);
}

/** The same through Redis, with the frames there or in a folder. */
async function throughRedis(redis: TestRedis, count: number, image: ImageSpec, frames: FramePlace): Promise<Cost> {
  const queue = await openQueue(redis, `cost-${frames.slice(0, 6)}`, frames);
  const loop = startWorker(queue, instantly);
  await through(queue, NO_MODEL, groups(8, image), () => undefined); // scripts loaded, sockets warm
  const then = performance.now();
  let bytes = 0;
  const toll = await tollFor(queue, async () => {
    bytes = await through(queue, NO_MODEL, groups(count, image), () => undefined);
  });
  const frame = (performance.now() - then) / (count * GROUP);
  await loop.stop(0);
  await queue.close();
  return { frame, group: perUnit(toll, count), result: bytes / count };
}

/** Frames a second of so many worker processes, from the time on that each has its model loaded. */
async function rate(redis: TestRedis, workers: number, count: number, model: string): Promise<number> {
  const prefix = `rate${workers}`;
  const bundle = await loadBundle(model);
  const queue = await openQueue(redis, prefix);
  const start = () => startService(redis, prefix, ['worker', '--model', model, '--concurrency', '1']);
  const children = await Promise.all(Array.from({ length: workers }, start));
  const warm = 4 * workers;
  let from = 0;
  await through(queue, bundle.model.sha256, groups(count + warm, bundle.image), (at) => {
    if (at === warm - 1) from = performance.now();
  });
  const seconds = (performance.now() - from) / 1000;
  await endServices(children);
  await queue.close();
  return (count * GROUP) / seconds;
}

/** Redis' memory in bytes, in quarters of a video behind a worker that takes 100 ms a group: the peak of each. */
async function memory(redis: TestRedis, count: number, image: ImageSpec): Promise<number[]> {
  const queue = await openQueue(redis, 'memory');
  const loop = startWorker(queue, async (group, signal) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return instantly(group, signal);
  });
  const peaks = [0, 0, 0, 0];
  let quarter = 0;
  const sampler = setInterval(() => {
    void tollOf(queue).then(({ memory: used }) => {
      peaks[quarter] = Math.max(peaks[quarter] ?? 0, used);
    });
  }, 50);
  await through(queue, NO_MODEL, groups(count, image), (at) => {
    quarter = Math.min(3, Math.floor((4 * at) / count));
  });
  clearInterval(sampler);
  await loop.stop(0);
  await queue.close();
  return peaks;
}

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    frames: { type: 'string', default: '2000' },
    groups: { type: 'string', default: '60' },
    videos: { type: 'string', default: '10000' },
    model: { type: 'string', default: DEFAULT_BUNDLE },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(bytes < 10_240 ? 2 : 0)} KiB`;
const textOf = (toll: Toll, time: string): string =>
  `${toll.commands.toFixed(1)} commands, ${kib(toll.received)} in, ${kib(toll.sent)} out, ${(toll.cpu * 1000).toFixed(2)} ms of Redis' CPU${time}`;

const { image, model } = await loadBundle(values.model);
const redis = await startRedis();
try {
  say(`frames of ${image.width} x ${image.height}, ${kib(image.width * image.height * 3)} each`);
  const count = Math.ceil(Number(values.frames) / GROUP);
  const here = await inOneProcess(count, image);
  say(`(a) in one process      ${here.toFixed(2)} ms a frame`);
  const { frame, group, result } = await throughRedis(redis, count, image, 'redis');
  say(`    through Redis       ${frame.toFixed(2)} ms a frame: the queue costs ${(frame - here).toFixed(2)} ms`);
  say(`    a group of ${GROUP} is  ${textOf(group, '')}; its result stays as ${kib(result)}`);
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-bench-'));
  const beside = await throughRedis(redis, count, image, `folder:${folder}`);
  await rm(folder, { recursive: true });
  say(`    frames in a folder  ${beside.frame.toFixed(2)} ms a frame; a group is ${textOf(beside.group, '')}`);
  const one = await rate(redis, 1, Number(values.groups), values.model);
  const two = await rate(redis, 2, Number(values.groups), values.model);
  say(`(b) one worker          ${one.toFixed(1)} frames a second`);
  say(`    two workers         ${two.toFixed(1)} frames a second: ${(two / one).toFixed(2)} times`);
  const peaks = await memory(redis, 200, image);
  const steps = peaks.map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`).join(', ');
  say(`(c) Redis' memory       ${steps} (peak of each quarter of 1600 frames)`);
  for (const [name, toll] of Object.entries(await idleServices(redis, values.model))) {
    say(`(d) ${name.padEnd(19)} ${textOf(toll, ' a second')}`);
  }
  say(`    a video waited for  ${textOf(await waitingVideo(redis), ' a second')}`);
  const { each, reconcile } = await queuedVideos(redis, Number(values.videos));
  say(`(e) a video submitted   ${textOf(each, '')}, ${kib(each.memory)} of memory`);
  say(`    reconciling ${values.videos.padEnd(9)} ${textOf(reconcile, '')}, every 4 s`);
  const times: string[] = [];
  for (let round = 0; round < 5; round += 1)
    times.push((await takeUp(redis, values.model, model.sha256, image)).toFixed(1));
  say(`(f) taken up after a worker's kill -9: ${times.join(', ')} s`);
  const ceiling = GROUP / group.cpu;
  say(
    `(g) Redis' one thread is full at ${ceiling.toFixed(0)} frames a second: ${(ceiling / two).toFixed(0)} machines like this one`,
  );
  const wire = (group.received + group.sent) / GROUP;
  say(
    `    10 Gbit/s are full at ${(1.25e9 / wire).toFixed(0)} frames a second: ${(1.25e9 / wire / two).toFixed(0)} machines like this one`,
  );
} finally {
  await redis.remove();
}
