import { type VideoView, viewOf } from '../captioning/queued/video-view.ts';
import { sleep } from '../core/sleep.ts';
import type { QueueContext } from '../queue/queue-context.ts';
import { isAway } from '../queue/redis/connection.ts';
import { isOpen, type VideoRecord } from '../queue/redis/records.ts';

const POLL_MS = 1000;

/** The state of the queue at one moment. */
export interface QueueStatus {
  readonly paused: 'all' | 'videos' | 'nothing';
  /** Groups of keyframes. */
  readonly waiting: number;
  readonly active: number;
  readonly videos: readonly VideoView[];
}

async function recordsOf({ records }: QueueContext, id: string | undefined): Promise<VideoRecord[]> {
  if (id === undefined) return records.list();
  const record = await records.read(await records.resolve(id));
  return record === undefined ? [] : [record];
}

/** Reads the state of one video or of all; changes nothing. Throws `video-unknown`. */
export async function readStatus(queue: QueueContext, id?: string): Promise<QueueStatus> {
  const records = await recordsOf(queue, id);
  const now = await queue.records.now();
  const { waiting = 0, active = 0 } = (await queue.queues.depths()).groups ?? {};
  const paused = await queue.queues.paused();
  return { paused, waiting, active, videos: records.map((record) => viewOf(record, now)) };
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
      if (!isAway(error)) throw error;
      onAway();
    }
    await sleep(POLL_MS, signal).catch(() => undefined);
  }
}
