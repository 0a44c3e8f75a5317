import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { GroupWork } from '../../src/captioning/run-groups.ts';
import type { FramePlace } from '../../src/config/settings-schema.ts';
import type { Caption, Group, ImageSpec } from '../../src/core/types.ts';
import { collectGroups } from '../../src/queue/collect.ts';
import { enqueueGroups } from '../../src/queue/enqueue-groups.ts';
import { startGroupWorker } from '../../src/queue/group-worker.ts';
import type { JobLoop } from '../../src/queue/job-loop.ts';
import { openQueueContext, type QueueContext } from '../../src/queue/queue-context.ts';
import { connectService } from '../../src/queue/redis/connection.ts';
import { submitVideo } from '../../src/queue/video-control.ts';
import type { TestRedis } from '../../test/support/redis.ts';

const MAIN = path.join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const LIMITS = { perVideo: 8, perModel: 64 };

/** Keyframes of a group. */
export const GROUP = 8;
/** A bundle's SHA-256 that is none. */
export const NO_MODEL = 'a'.repeat(64);
/** A signal that never comes. */
export const never: AbortSignal = new AbortController().signal;

/** Groups of noise: nothing that a cache or a compression could shorten. */
export async function* groups(count: number, { width, height }: ImageSpec): AsyncGenerator<Group> {
  const noise = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 2654435761) >>> 24);
  for (let index = 0; index < count; index += 1) {
    const keyframes = Array.from({ length: GROUP }, (_, at) => {
      const pixels = Uint8Array.from(noise);
      pixels[0] = at;
      const frame = index * GROUP + at;
      return { video: 'made', index: frame, pts: frame * 1e6, still: false, width, height, pixels };
    });
    yield { video: 'made', index, keyframes };
  }
}

/** Captions of about the usual length, for nothing. */
export const instantly: GroupWork = async (group): Promise<Caption[]> =>
  group.keyframes.map(({ video, index, pts, still }) => {
    const text = 'A sentence about as long as what the model writes of a picture';
    return { video, index, pts, still, draft: text, text, confidence: 0.5, passes: 2 };
  });

/** A queue context with a prefix of its own. */
export async function openQueue(redis: TestRedis, prefix: string, frames: FramePlace = 'redis'): Promise<QueueContext> {
  const place = { url: redis.url, prefix };
  return openQueueContext(await connectService(place, () => undefined, never), place, frames);
}

let videos = 0;

/** An ID that no other video has. */
export function nextId(): string {
  videos += 1;
  return `v${String(videos).padStart(24, '0')}`;
}

/** A running video, as its decoder sees it. */
export async function beginVideo(queue: QueueContext, model: string) {
  const id = nextId();
  const { run } = await submitVideo(queue, { id, request: '{}', priority: 'normal', name: 'made' });
  await queue.queues.remove({ video: id, run }, 'normal');
  await queue.records.begin({ video: id, run }, model);
  return { video: id, run, priority: 'normal' as const, model, passes: 2 as const };
}

/** Puts a video's groups in flight. */
export async function produceAll(
  queue: QueueContext,
  producer: Awaited<ReturnType<typeof beginVideo>>,
  made: AsyncIterable<Group>,
) {
  const count = await enqueueGroups(queue, producer, made, LIMITS, never);
  await queue.records.update(producer, { report: '{}', groups: count });
}

/**
 * Feeds a made video while `onGroup` hears of each result. Ends when all are there, with the bytes that its results took
 * in Redis.
 */
export async function through(
  queue: QueueContext,
  model: string,
  made: AsyncIterable<Group>,
  onGroup: (at: number) => void,
): Promise<number> {
  const producer = await beginVideo(queue, model);
  const producing = produceAll(queue, producer, made);
  for await (const { index } of collectGroups(queue, producer, { signal: never })) onGroup(index);
  await producing;
  const bytes = await queue.redis.memory('USAGE', queue.keys.results(producer.video), 'SAMPLES', 0);
  await queue.records.finish(producer.video, producer.run, 'done', '{}');
  return bytes ?? 0;
}

/** A worker in this process. */
export function startWorker(queue: QueueContext, work: GroupWork, model = NO_MODEL): JobLoop<'group'> {
  return startGroupWorker(queue, {
    model,
    concurrency: 2,
    runtime: 'bench',
    caption: (group, _, signal) => work(group, signal),
    onGroup: () => undefined,
    onRejected: () => undefined,
    onTrouble: () => undefined,
  });
}

/** What Redis has done so far: commands, bytes in and out, seconds of its CPU. */
export interface Toll {
  readonly commands: number;
  readonly received: number;
  readonly sent: number;
  readonly cpu: number;
  /** Bytes of memory in use. */
  readonly memory: number;
}

/** Asks Redis what it has done so far. */
export async function tollOf(queue: QueueContext): Promise<Toll> {
  const info = await queue.redis.info();
  const of = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    commands: of('total_commands_processed'),
    received: of('total_net_input_bytes'),
    sent: of('total_net_output_bytes'),
    cpu: of('used_cpu_user') + of('used_cpu_sys'),
    memory: of('used_memory'),
  };
}

/** What `act` cost Redis. */
export async function tollFor(queue: QueueContext, act: () => Promise<unknown>): Promise<Toll> {
  const before = await tollOf(queue);
  await act();
  const after = await tollOf(queue);
  const spent = (name: keyof Toll): number => after[name] - before[name];
  return {
    commands: spent('commands'),
    received: spent('received'),
    sent: spent('sent'),
    cpu: spent('cpu'),
    memory: spent('memory'),
  };
}

/** A toll shared out. */
export function perUnit(toll: Toll, units: number): Toll {
  const { commands, received, sent, cpu, memory } = toll;
  const by = (value: number): number => value / units;
  return { commands: by(commands), received: by(received), sent: by(sent), cpu: by(cpu), memory: by(memory) };
}

/** Starts a service process (from dist/), and waits until it says that it is ready. */
export function startService(redis: TestRedis, prefix: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, SECONDGLANCE_REDIS_URL: redis.url, SECONDGLANCE_REDIS_PREFIX: prefix },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}: ${log}`)));
    child.stderr.on('data', (text: Buffer) => {
      log += text.toString();
      if (log.includes('"ready"')) resolve(child);
    });
  });
}

/** Ends service processes. */
export async function endServices(children: readonly ChildProcess[], signal: NodeJS.Signals = 'SIGTERM') {
  await Promise.all(
    children.map((child) => {
      const gone = new Promise((resolve) => child.removeAllListeners('exit').once('exit', resolve));
      child.kill(signal);
      return gone;
    }),
  );
}
