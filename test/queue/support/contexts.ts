import { afterAll } from 'vitest';
import type { FramePlace } from '../../../src/config/settings-schema.ts';
import { openQueueContext, type QueueContext } from '../../../src/queue/queue-context.ts';
import { connectService, type RedisPlace } from '../../../src/queue/redis/connection.ts';
import type { QueueTimings } from '../../../src/queue/timings.ts';
import { sharedRedis } from '../../support/redis.ts';

/** Timings with which no test waits for a lock or a turn. Locks last long enough for a busy machine to renew them. */
export const FAST: QueueTimings = {
  lockMs: 1500,
  stalledCheckMs: 200,
  idleMs: 500,
  groupRetryMs: 10,
  videoRetryMs: 10,
  infrastructureRetryMs: [20, 100],
  reconcileMs: 1,
  orphanMs: 20,
  noWorkerMs: 60_000,
  parkMs: 60_000,
};

/** Opens a context as a service does. */
export async function openContext(
  place: RedisPlace,
  frames: FramePlace = 'redis',
  timings: Partial<QueueTimings> = {},
): Promise<QueueContext> {
  const redis = await connectService(place, () => undefined, new AbortController().signal);
  return openQueueContext(redis, place, frames, { ...FAST, ...timings });
}

/** Contexts of a test file on the Redis that all files share. */
export interface Contexts {
  /** A context under a prefix that no other test uses; closed after the tests. */
  context(frames?: FramePlace, timings?: Partial<QueueTimings>): Promise<QueueContext>;
  /** Another process's view of the same installation. */
  another(queue: QueueContext, frames?: FramePlace, timings?: Partial<QueueTimings>): Promise<QueueContext>;
}

/** Contexts on the shared Redis; they are closed after the tests of a file. */
export function contexts(): Contexts {
  const redis = sharedRedis();
  const open: QueueContext[] = [];
  afterAll(async () => {
    for (const queue of open) await queue.close();
  });
  const at = async (prefix: string, ...more: [FramePlace?, Partial<QueueTimings>?]): Promise<QueueContext> => {
    const queue = await openContext({ url: redis.url, prefix }, ...more);
    open.push(queue);
    return queue;
  };
  return {
    context: (...more) => at(redis.prefix(), ...more),
    another: (queue, ...more) => at(queue.prefix, ...more),
  };
}

/** IDs as submissions make them. */
export function videoId(n: number): string {
  return `v${String(n).padStart(24, '0')}`;
}

/** A SHA-256 that no bundle has. */
export const MODEL = 'a'.repeat(64);

/** What is left in Redis besides BullMQ's bookkeeping of empty queues and the records of finished videos. */
export async function leftovers(queue: QueueContext): Promise<string[]> {
  const keys = await queue.redis.keys(`${queue.prefix}:*`);
  const bookkeeping = /:(meta|events|id|pc|marker|stalled-check|limiter|turn|finished|models)$/;
  return keys.filter((key) => !bookkeeping.test(key) && !key.startsWith(`${queue.prefix}:record:`)).sort();
}
