import { QueueError } from './errors.ts';
import type { QueueContext } from './queue-context.ts';

/** Jobs in hand that are looked at. */
const MOST_JOBS = 1000;
/** Bytes of a job's payload and options. */
const MAX_JOB_BYTES = 65_536;

function isObject(json: string | null): boolean {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/**
 * Removes the jobs of a queue that BullMQ cannot even read: it takes such a job, fails before any handler sees it, and takes it again when its lock
 * has expired. Returns an error for each.
 */
export async function removeUnreadableJobs({ redis, prefix }: QueueContext, queue: string): Promise<QueueError[]> {
  const key = (name: string): string => `${prefix}:${queue}:${name}`;
  const removed: QueueError[] = [];
  for (const id of await redis.lrange(key('active'), 0, MOST_JOBS - 1)) {
    const job = key(id);
    if ((await redis.type(job)) === 'hash') {
      const bytes = (await redis.hstrlen(job, 'data')) + (await redis.hstrlen(job, 'opts'));
      const [data = null, options = null] = bytes > MAX_JOB_BYTES ? [] : await redis.hmget(job, 'data', 'opts');
      if (isObject(data) && isObject(options)) continue;
    }
    await redis.multi().lrem(key('active'), 0, id).srem(key('stalled'), id).del(job, `${job}:lock`).exec();
    const message = `the job ${id.slice(0, 100)} of the queue ${queue} was not written by secondglance: it is removed`;
    removed.push(new QueueError('bad-payload', message));
  }
  return removed;
}
