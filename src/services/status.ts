import { type VideoView, viewOf } from '../captioning/queued/video-view.ts';
import { sleep } from '../core/time/sleep.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { isInfrastructureError } from '../queue/redis/connection.ts';
import type { VideoOutline } from '../queue/redis/record-schema.ts';
import { isOpen } from '../queue/redis/records.ts';

const POLL_MS = 1000;

/** The state of the queue at one moment. */
export interface QueueStatus {
  readonly paused: 'all' | 'videos' | 'nothing';
  /** Groups of keyframes. */
  readonly waiting: number;
  readonly active: number;
  readonly videos: readonly VideoView[];
  /** Why records could not be read, one sentence each. */
  readonly unreadable: readonly string[];
}

/** Reads the state of one video or of all; changes nothing. Throws `video-unknown`, and `bad-payload` for one that is unreadable. */
export async function readStatus(queue: QueueContext, id?: string): Promise<QueueStatus> {
  const { records, queues } = queue;
  const unreadable: string[] = [];
  const list = async (): Promise<VideoOutline[]> => {
    if (id === undefined) return records.list(undefined, ({ message }) => unreadable.push(message));
    const record = await records.read(await records.resolve(id));
    return record === undefined ? [] : [record];
  };
  const [found, now, depths, paused] = await Promise.all([list(), records.now(), queues.depths(), queues.paused()]);
  const { waiting = 0, active = 0 } = depths.groups ?? {};
  return { paused, waiting, active, videos: found.map((record) => viewOf(record, now)), unreadable };
}

/** The state again and again until all videos have ended, or `signal` aborts. Waits for a Redis that is away. */
export async function* watchStatus(
  queue: QueueContext,
  id: string | undefined,
  onAway: () => void,
  signal: AbortSignal,
): AsyncGenerator<QueueStatus> {
  while (!signal.aborted) {
    try {
      const status = await readStatus(queue, id);
      yield status;
      if (status.videos.every(({ state }) => !isOpen(state))) return;
    } catch (error) {
      if (!isInfrastructureError(error)) throw error;
      onAway();
    }
    await sleep(POLL_MS, signal).catch(() => undefined);
  }
}
