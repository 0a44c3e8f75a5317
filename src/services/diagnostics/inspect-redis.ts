import { connectClient, type RedisPlace, redisError } from '../../queue/redis/connection.ts';

/** The facts about a Redis that matter to the queue. */
export interface RedisReport {
  /** As in `7.0.15`. */
  readonly version: string;
  /** False where it loses all data when it stops. */
  readonly appendOnly: boolean;
  /** `noeviction`, or which keys it evicts when it is full. */
  readonly evictionPolicy: string;
  /** Bytes; 0 for no limit. */
  readonly maxMemory: number;
}

/** Inspects a Redis. Throws a QueueError where it cannot be reached. */
export async function inspectRedis(place: RedisPlace): Promise<RedisReport> {
  const redis = await connectClient(place);
  try {
    const text = await redis.info();
    const of = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
    return {
      version: of('redis_version'),
      appendOnly: of('aof_enabled') === '1',
      evictionPolicy: of('maxmemory_policy'),
      maxMemory: Number(of('maxmemory')) || 0,
    };
  } catch (error) {
    throw redisError(error, place);
  } finally {
    redis.disconnect();
  }
}
