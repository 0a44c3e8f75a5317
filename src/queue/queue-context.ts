import type { Redis } from 'ioredis';
import type { FramePlace } from '../config/settings-schema.ts';
import { folderFrames, redisFrames } from './frame-stores.ts';
import type { FrameStore } from './frames.ts';
import { Queues } from './queues.ts';
import { placeOf, type RedisPlace } from './redis/connection.ts';
import { InFlight } from './redis/in-flight.ts';
import { type Keys, keysOf } from './redis/keys.ts';
import { Records } from './redis/records.ts';
import { Results } from './redis/results.ts';
import { defineScripts } from './redis/scripts.ts';
import { DEFAULT_TIMINGS, type QueueTimings } from './timings.ts';

/** One installation: everything that services and commands share under one prefix of one Redis. */
export interface QueueContext {
  readonly redis: Redis;
  /** `host:port/prefix`, which tells it from other installations. */
  readonly name: string;
  readonly prefix: string;
  readonly keys: Keys;
  readonly timings: QueueTimings;
  readonly records: Records;
  readonly results: Results;
  readonly inFlight: InFlight;
  readonly queues: Queues;
  readonly frames: FrameStore;
  /** Closes the queues and the connection. */
  close(): Promise<void>;
}

/** Opens an installation over a connection, which it closes in the end. `timings` are for tests. */
export function openQueueContext(
  redis: Redis,
  place: RedisPlace,
  framePlace: FramePlace,
  timings: Partial<QueueTimings> = {},
): QueueContext {
  defineScripts(redis);
  const keys = keysOf(place.prefix);
  const all = { ...DEFAULT_TIMINGS, ...timings };
  const queues = new Queues(redis, place.prefix, keys, all);
  return {
    redis,
    name: `${placeOf(place.url)}/${place.prefix}`,
    prefix: place.prefix,
    keys,
    timings: all,
    records: new Records(redis, keys),
    results: new Results(redis, keys),
    inFlight: new InFlight(redis, keys),
    queues,
    frames: framePlace === 'redis' ? redisFrames(redis, keys) : folderFrames(framePlace.slice('folder:'.length)),
    async close() {
      // Closing the queues needs Redis.
      if (redis.status === 'ready') await queues.close().catch(() => undefined);
      redis.disconnect();
    },
  };
}
