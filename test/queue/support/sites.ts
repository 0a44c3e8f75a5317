import { afterAll, beforeAll } from 'vitest';
import type { FramePlace } from '../../../src/config/settings-schema.ts';
import { openQueueContext, type QueueContext } from '../../../src/queue/queue-context.ts';
import { connectService } from '../../../src/queue/redis/connection.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

/** A Redis for a file of tests, and sites of their own on it. */
export interface Sites {
  readonly redis: () => TestRedis;
  /** A site under a prefix that no other test uses; closed after the tests. */
  site(frames?: FramePlace): Promise<QueueContext>;
  /** Another view of a site, as another process has it. */
  another(site: QueueContext, frames?: FramePlace): Promise<QueueContext>;
}

/** Starts a Redis before the tests of a file and removes it after them. */
export function sites(): Sites {
  let redis: TestRedis;
  const open: QueueContext[] = [];
  let count = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const site of open) await site.close();
    await redis.remove();
  });
  const at = async (prefix: string, frames: FramePlace): Promise<QueueContext> => {
    const place = { url: redis.url, prefix };
    const site = openQueueContext(
      await connectService(place, () => undefined, new AbortController().signal),
      place,
      frames,
    );
    open.push(site);
    return site;
  };
  return {
    redis: () => redis,
    site: (frames = 'redis') => {
      count += 1;
      return at(`test${count}`, frames);
    },
    another: (site, frames = 'redis') => at(site.prefix, frames),
  };
}

/** IDs as submissions make them. */
export function videoId(n: number): string {
  return `v${String(n).padStart(24, '0')}`;
}

/** A bundle's SHA-256 that is none. */
export const MODEL = 'a'.repeat(64);

/** What is left of a site in Redis, but for BullMQ's own bookkeeping of empty queues and the records of finished videos. */
export async function leftovers(site: QueueContext): Promise<string[]> {
  const keys = await site.redis.keys(`${site.prefix}:*`);
  const bookkeeping = /:(meta|events|id|pc|marker|stalled-check|limiter|turn|finished)$/;
  return keys.filter((key) => !bookkeeping.test(key) && !key.startsWith(`${site.prefix}:record:`)).sort();
}
