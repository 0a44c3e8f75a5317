import { sleep } from '../core/time/sleep.ts';
import type { QueueContext } from '../queue/queue-context.ts';

const POLL_MS = 500;

/** Videos that have begun and not ended. */
export interface DrainProgress {
  /** Those that go on. */
  readonly running: number;
  /** Those that lost their decoder: they continue after `resume` only. */
  readonly stranded: number;
}

async function drainProgress({ records, queues }: QueueContext): Promise<DrainProgress> {
  const running = (await records.list(0)).filter(({ state }) => state === 'running');
  let stranded = 0;
  for (const { id: video, run, priority, report } of running) {
    if (report === undefined && !(await queues.isDecoding({ video, run }, priority))) stranded += 1;
  }
  return { running: running.length - stranded, stranded };
}

/** Begins no new video, and waits until those that have begun have ended. Reports whenever their number changes. */
export async function drain(
  queue: QueueContext,
  onProgress: (progress: DrainProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  await queue.queues.pause('videos');
  for (let last = -1; !signal.aborted; ) {
    const progress = await drainProgress(queue);
    if (progress.running !== last) onProgress(progress);
    if (progress.running === 0) return;
    last = progress.running;
    await sleep(POLL_MS, signal).catch(() => undefined);
  }
}
