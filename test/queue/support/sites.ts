import { afterAll } from 'vitest';
import type { FramePlace } from '../../../src/config/settings-schema.ts';
import { openQueueContext, type QueueContext } from '../../../src/queue/queue-context.ts';
import { connectService } from '../../../src/queue/redis/connection.ts';
import { sharedRedis } from '../../support/redis.ts';

/** Sites of a test file's own on the Redis that all share. */
export interface Sites {
  /** A site under a prefix that no other test uses; closed after the tests. */
  site(frames?: FramePlace): Promise<QueueContext>;
  /** Another view of a site, as another process has it. */
  another(site: QueueContext, frames?: FramePlace): Promise<QueueContext>;
}

/** Sites on the shared Redis; they are closed after the tests of a file. */
export function sites(): Sites {
  const redis = sharedRedis();
  const open: QueueContext[] = [];
  afterAll(async () => {
    for (const site of open) await site.close();
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
    site: (frames = 'redis') => at(redis.prefix(), frames),
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
