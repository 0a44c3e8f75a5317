import type { Settings } from '../config/settings-schema.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { connectClient, redisError } from '../queue/redis/connection.ts';

/** Runs one interactive command against the installation that the settings name. Throws a QueueError soon where Redis is away. */
export async function withQueue<T>(
  { redisUrl: url, redisPrefix: prefix, frameStore }: Settings,
  act: (queue: QueueContext) => Promise<T>,
): Promise<T> {
  const place = { url, prefix };
  const queue = openQueueContext(await connectClient(place), place, frameStore);
  try {
    return await act(queue);
  } catch (error) {
    throw redisError(error, place);
  } finally {
    await queue.close();
  }
}
