import { z } from 'zod';
import { sleep } from '../../core/sleep.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { QueueError } from '../../queue/errors.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { isAway } from '../../queue/redis/connection.ts';
import { isOpen, type Submission, type VideoRecord } from '../../queue/redis/records.ts';
import type { InputProgress, Reporter } from '../reporter.ts';
import { failedSummary, type InputSummary } from '../summary.ts';
import { deleteSubmission, resubmitLost } from './submitted.ts';

/** Polling period; longer with many videos, so that waiting costs Redis little. */
const POLL_MS = 300;
const POLL_MS_PER_VIDEO = 2;

const summarySchema = z.looseObject({
  video: z.string(),
  state: z.enum(['done', 'partial', 'failed', 'skipped']),
  keyframes: z.number(),
  cues: z.number(),
  seconds: z.number(),
  outputs: z.array(z.string()),
  problems: z.array(z.looseObject({ code: z.string(), message: z.string() })),
});

/** The job was cancelled. */
class CancelledError extends QueueError {
  constructor(name: string) {
    super('video-gone', `${name} was cancelled`);
  }
}

/** The summary of a finished video, as `caption` reports it. */
export function summaryOf(record: VideoRecord): InputSummary {
  if (record.state === 'cancelled') return failedSummary(record.name, new CancelledError(record.name));
  return summarySchema.parse(JSON.parse(record.summary ?? '{}')) as unknown as InputSummary;
}

/** The progress of a video, as `caption` reports it. */
export function progressOf(record: VideoRecord): InputProgress {
  const media = record.media === undefined ? undefined : (JSON.parse(record.media) as MediaInfo);
  const found = record.covered === undefined || media === undefined ? 0 : Math.max(0, record.covered - media.start);
  // Groups are done roughly in order, so the share of keyframes stands for the share of time.
  const covered = record.found === 0 ? 0 : found * Math.min(1, record.done / record.found);
  const duration = media?.duration ?? undefined;
  return { keyframes: record.done, covered, ...(duration === undefined ? {} : { duration }) };
}

/** Reads every pending video once; reports those that have ended, and removes them from `pending`. */
async function poll(
  queue: QueueContext,
  pending: Map<string, Submission>,
  reporter: Reporter,
): Promise<InputSummary[]> {
  const ended: InputSummary[] = [];
  for (const { id, name } of [...pending.values()]) {
    const record = await queue.records.read(id);
    if (record === undefined) {
      const again = await resubmitLost(queue);
      if (again.includes(id)) reporter.note(`${name}: Redis has lost it; submitted again`);
    } else if (isOpen(record.state)) {
      reporter.progress(name, progressOf(record));
    } else {
      const summary = summaryOf(record);
      ended.push(summary);
      pending.delete(id);
      await deleteSubmission(queue, id);
      reporter.end(summary);
    }
  }
  return ended;
}

/**
 * Waits until all submissions have ended. Waits for a Redis that is away, and submits again what it has lost. Returns early, with the
 * summaries so far, when `signal` aborts.
 */
export async function waitForVideos(
  queue: QueueContext,
  submissions: readonly Submission[],
  reporter: Reporter,
  signal: AbortSignal,
): Promise<InputSummary[]> {
  const pending = new Map(submissions.map((submission) => [submission.id, submission]));
  const ended: InputSummary[] = [];
  const pause = POLL_MS + POLL_MS_PER_VIDEO * pending.size;
  let away = false;
  const [first] = submissions;
  if (first !== undefined) reporter.begin(first.name, 1, submissions.length);
  while (pending.size > 0 && !signal.aborted) {
    try {
      ended.push(...(await poll(queue, pending, reporter)));
      if (away) reporter.note('secondglance: Redis is back');
      away = false;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (!away) reporter.note('secondglance: Redis is away; waiting for it');
      away = true;
    }
    await sleep(pause, signal).catch(() => undefined);
  }
  return ended;
}
