import type { Redis } from 'ioredis';
import type { FramePlace } from '../config/settings-schema.ts';
import { folderFrames, redisFrames } from './frame-stores.ts';
import type { FrameStore } from './frames.ts';
import { type Keys, keysOf } from './names.ts';
import { Queues } from './queues.ts';
import { placeOf, type RedisPlace } from './redis/connection.ts';
import { Records } from './redis/records.ts';
import { Results } from './redis/results.ts';

/** One installation: what all services and commands that share a Redis and a prefix see. */
export interface QueueContext {
  readonly redis: Redis;
  /** What tells it from other sites: `host:port/prefix`. */
  readonly name: string;
  readonly prefix: string;
  readonly keys: Keys;
  readonly records: Records;
  readonly results: Results;
  readonly queues: Queues;
  readonly frames: FrameStore;
  /** Leaves it, and closes the connection. */
  close(): Promise<void>;
}

/** Opens a site over a connection, which is the site's from then on. */
export function openQueueContext(redis: Redis, place: RedisPlace, framePlace: FramePlace): QueueContext {
  const keys = keysOf(place.prefix);
  const queues = new Queues(redis, place.prefix);
  return {
    redis,
    name: `${placeOf(place.url)}/${place.prefix}`,
    prefix: place.prefix,
    keys,
    records: new Records(redis, keys),
    results: new Results(redis, keys),
    queues,
    frames: framePlace === 'redis' ? redisFrames(redis, keys) : folderFrames(framePlace.slice('folder:'.length)),
    async close() {
      // Where Redis is away there is nobody to take leave of.
      if (redis.status === 'ready') await queues.close().catch(() => undefined);
      redis.disconnect();
    },
  };
}
