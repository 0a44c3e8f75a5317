/**
 * What the queue costs, on a Redis of its own:
 *   (a) milliseconds a frame of going through Redis, over the same groups in one process, with work that takes no time;
 *   (b) how much sooner two worker processes with one inference process each are done than one, with the real model;
 *   (c) Redis' memory while a slow worker is behind a long video.
 *
 *   npm run bench:queue [-- --frames 2000 --groups 60 --model NAME|PATH]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Caption, Group, ImageSpec } from '../src/core/types.ts';
import { collectGroups } from '../src/queue/collect.ts';
import { connectService } from '../src/queue/connection.ts';
import { submitVideo } from '../src/queue/control.ts';
import { feedGroups } from '../src/queue/feed.ts';
import { type GroupWork, runGroups } from '../src/queue/in-process.ts';
import { openSite, type Site } from '../src/queue/site.ts';
import { takeGroups } from '../src/queue/take.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../src/workers/bundle.ts';
import { startRedis, type TestRedis } from '../test/support/redis.ts';

const MAIN = path.join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const LIMITS = { perVideo: 8, inAll: 64 };
const GROUP = 8;
const never = new AbortController().signal;
const redisEnv = (redis: TestRedis, prefix: string) => ({
  SECONDGLANCE_REDIS_URL: redis.url,
  SECONDGLANCE_REDIS_PREFIX: prefix,
});

/** Groups of noise: nothing that a cache or a compression could shorten. */
async function* groups(count: number, { width, height }: ImageSpec): AsyncGenerator<Group> {
  const noise = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 2654435761) >>> 24);
  for (let index = 0; index < count; index += 1) {
    const keyframes = Array.from({ length: GROUP }, (_, at) => {
      const pixels = Uint8Array.from(noise);
      pixels[0] = at;
      return {
        video: 'made',
        index: index * GROUP + at,
        pts: (index * GROUP + at) * 1e6,
        still: false,
        width,
        height,
        pixels,
      };
    });
    yield { video: 'made', index, keyframes };
  }
}

const instantly: GroupWork = async (group): Promise<Caption[]> =>
  group.keyframes.map(({ video, index, pts, still }) => {
    const text = 'A sentence about as long as what the model writes of a picture';
    return { video, index, pts, still, draft: text, text, confidence: 0.5, looks: 2 };
  });

async function siteAt(redis: TestRedis, prefix: string): Promise<Site> {
  const place = { url: redis.url, prefix };
  return openSite(await connectService(place, () => undefined, never), place, 'redis');
}

let videos = 0;
async function begin(site: Site, model: string) {
  videos += 1;
  const id = `v${String(videos).padStart(24, '0')}`;
  const { run } = await submitVideo(site, { id, request: '{}', priority: 'normal', name: 'made' });
  await site.queues.remove({ video: id, run }, 'normal');
  await site.records.note(id, run, { state: 'running' });
  return { video: id, run, priority: 'normal' as const, model, looks: 2 as const };
}

/** Feeds a made video while `onGroup` hears of each result. Ends when all are there. */
async function through(
  site: Site,
  model: string,
  made: AsyncIterable<Group>,
  onGroup: (at: number) => void,
): Promise<void> {
  const feed = await begin(site, model);
  const feeding = feedGroups(site, feed, made, LIMITS, never).then((count) =>
    site.records.note(feed.video, feed.run, { report: '{}', groups: count }),
  );
  for await (const { index } of collectGroups(site, feed, { signal: never })) onGroup(index);
  await feeding;
  await site.records.finish(feed.video, feed.run, 'done', '{}');
}

function takeWith(site: Site, work: GroupWork) {
  return takeGroups(site, {
    concurrency: 2,
    runtime: 'bench',
    refuse: () => undefined,
    work: () => work,
    onGroup: () => undefined,
    onTrouble: () => undefined,
  });
}

/** What Redis has done so far. */
async function toll(site: Site): Promise<Record<'commands' | 'received' | 'sent' | 'cpu', number>> {
  const info = await site.redis.info();
  const of = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    commands: of('total_commands_processed'),
    received: of('total_net_input_bytes'),
    sent: of('total_net_output_bytes'),
    cpu: of('used_cpu_user') + of('used_cpu_sys'),
  };
}

interface Cost {
  /** Milliseconds a frame in one process, and through Redis. */
  readonly here: number;
  readonly there: number;
  /** What a group costs Redis: commands, KiB in and out, milliseconds of its one thread. */
  readonly commands: number;
  readonly received: number;
  readonly sent: number;
  readonly cpu: number;
}

async function cost(redis: TestRedis, frames: number, image: ImageSpec): Promise<Cost> {
  const count = Math.ceil(frames / GROUP);
  const began = performance.now();
  for await (const _ of runGroups(groups(count, image), instantly, { concurrency: 2, signal: never }));
  const here = (performance.now() - began) / (count * GROUP);
  const site = await siteAt(redis, 'cost');
  const loop = takeWith(site, instantly);
  await through(site, 'a'.repeat(64), groups(8, image), () => undefined); // scripts loaded, sockets warm
  const before = await toll(site);
  const then = performance.now();
  await through(site, 'a'.repeat(64), groups(count, image), () => undefined);
  const there = (performance.now() - then) / (count * GROUP);
  const after = await toll(site);
  await loop.stop(0);
  await site.close();
  return {
    here,
    there,
    commands: (after.commands - before.commands) / count,
    received: (after.received - before.received) / count / 1024,
    sent: (after.sent - before.sent) / count / 1024,
    cpu: ((after.cpu - before.cpu) / count) * 1000,
  };
}

function startWorker(redis: TestRedis, prefix: string, model: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, 'worker', '--model', model, '--concurrency', '1'], {
    env: { ...process.env, ...redisEnv(redis, prefix) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('exit', (code) => reject(new Error(`worker ended with ${code}: ${log}`)));
    child.stderr.on('data', (text: Buffer) => {
      log += text.toString();
      if (log.includes('"ready"')) resolve(child);
    });
  });
}

/** Frames a second of so many worker processes, from the time on that each has its model loaded. */
async function rate(redis: TestRedis, workers: number, count: number, model: string): Promise<number> {
  const prefix = `rate${workers}`;
  const bundle = await loadBundle(model);
  const site = await siteAt(redis, prefix);
  const children = await Promise.all(Array.from({ length: workers }, () => startWorker(redis, prefix, model)));
  const warm = 4 * workers;
  let from = 0;
  await through(site, bundle.model.sha256, groups(count + warm, bundle.image), (at) => {
    if (at === warm - 1) from = performance.now();
  });
  const seconds = (performance.now() - from) / 1000;
  for (const child of children) child.removeAllListeners('exit').kill('SIGTERM');
  await site.close();
  return (count * GROUP) / seconds;
}

/** Redis' memory in bytes, in quarters of a video behind a worker that takes 100 ms a group: the peak of each. */
async function memory(redis: TestRedis, count: number, image: ImageSpec): Promise<number[]> {
  const site = await siteAt(redis, 'memory');
  const loop = takeWith(site, async (group, signal) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return instantly(group, signal);
  });
  const peaks = [0, 0, 0, 0];
  let quarter = 0;
  const sampler = setInterval(() => {
    void site.redis.info('memory').then((info) => {
      const used = Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0);
      peaks[quarter] = Math.max(peaks[quarter] ?? 0, used);
    });
  }, 50);
  await through(site, 'a'.repeat(64), groups(count, image), (at) => {
    quarter = Math.min(3, Math.floor((4 * at) / count));
  });
  clearInterval(sampler);
  await loop.stop(0);
  await site.close();
  return peaks;
}

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    frames: { type: 'string', default: '2000' },
    groups: { type: 'string', default: '60' },
    model: { type: 'string', default: DEFAULT_BUNDLE },
  },
});
const { image } = await loadBundle(values.model);
const redis = await startRedis();
try {
  const { here, there, commands, received, sent, cpu } = await cost(redis, Number(values.frames), image);
  const one = await rate(redis, 1, Number(values.groups), values.model);
  const two = await rate(redis, 2, Number(values.groups), values.model);
  const peaks = await memory(redis, 200, image);
  process.stdout.write(`frames of ${image.width} x ${image.height}, ${Math.round((image.width * image.height * 3) / 1024)} KiB each
(a) in one process      ${here.toFixed(2)} ms a frame
    through Redis       ${there.toFixed(2)} ms a frame: the queue costs ${(there - here).toFixed(2)} ms
    a group of ${GROUP} is  ${commands.toFixed(1)} commands, ${received.toFixed(0)} KiB in, ${sent.toFixed(0)} KiB out, ${cpu.toFixed(2)} ms of Redis' one thread
(b) one worker          ${one.toFixed(1)} frames a second
    two workers         ${two.toFixed(1)} frames a second: ${(two / one).toFixed(2)} times
(c) Redis' memory       ${peaks.map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`).join(', ')} (peak of each quarter of 1600 frames)
`);
} finally {
  await redis.remove();
}
