import { loadSettings, type SettingFlags } from '../config/load.ts';
import { openQueueContext, type QueueContext } from '../queue/queue-context.ts';
import { connectClient, type RedisPlace, redisError } from '../queue/redis/connection.ts';

/**
 * Runs what a person waits for against the site that the flags name. Throws a QueueError where Redis cannot be reached,
 * soon and in one sentence.
 */
export async function withQueue<T>(flags: SettingFlags, act: (site: QueueContext) => Promise<T>): Promise<T> {
  const { settings } = await loadSettings({ flags });
  const place: RedisPlace = { url: settings.redisUrl, prefix: settings.redisPrefix };
  const redis = await connectClient(place);
  const site = openQueueContext(redis, place, settings.frameStore);
  try {
    return await act(site);
  } catch (error) {
    throw redisError(error, place);
  } finally {
    await site.close();
  }
}
