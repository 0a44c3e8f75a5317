import { sleep } from '../../core/time/sleep.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { QueueError } from '../../queue/errors.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { isInfrastructureError } from '../../queue/redis/connection.ts';
import type { VideoOutline } from '../../queue/redis/record-schema.ts';
import { isOpen, type Submission } from '../../queue/redis/records.ts';
import type { InputProgress, Reporter } from '../reporter.ts';
import { failedSummary, type InputSummary } from '../summary.ts';
import { readMedia, readSummary, type VideoSummary } from './service-facts.ts';
import { deleteSubmission, resubmitLost } from './submitted.ts';

/** Polling period; longer with many videos, so that waiting costs Redis little. */
const POLL_MS = 300;
const POLL_MS_PER_VIDEO = 2;

/** The job was cancelled. */
class CancelledError extends QueueError {
  constructor(name: string) {
    super('video-gone', `${name} was cancelled`);
  }
}

/** The summary of a finished video, as `caption` reports it. One that is unreadable is a failure of that video alone. */
export function summaryOf(record: VideoOutline): VideoSummary {
  if (record.state === 'cancelled') {
    return { ...failedSummary(record.name, new CancelledError(record.name)), runtimes: [] };
  }
  try {
    return readSummary(record.summary ?? '');
  } catch (error) {
    return { ...failedSummary(record.name, error), runtimes: [] };
  }
}

/** What is known about the source; undefined where that is nothing, or unreadable. */
function mediaOf({ media }: VideoOutline): MediaInfo | undefined {
  try {
    return media === undefined ? undefined : readMedia(media);
  } catch {
    return undefined;
  }
}

/** The progress of a video, as `caption` reports it. */
export function progressOf(record: VideoOutline): InputProgress {
  const media = mediaOf(record);
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
  const end = async (id: string, summary: InputSummary): Promise<void> => {
    ended.push(summary);
    pending.delete(id);
    await deleteSubmission(queue, id);
    reporter.end(summary);
  };
  const submissions = [...pending.values()];
  const outlines = await queue.records.outlines(submissions.map(({ id }) => id));
  const lost = outlines.includes(undefined) ? await resubmitLost(queue) : [];
  for (const [at, { id, name }] of submissions.entries()) {
    const outline = outlines[at];
    if (outline === undefined) {
      if (lost.includes(id)) reporter.note(`${name}: Redis has lost it; submitted again`);
    } else if (outline instanceof QueueError) await end(id, failedSummary(name, outline));
    else if (isOpen(outline.state)) reporter.progress(name, progressOf(outline));
    else await end(id, summaryOf(outline));
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
      if (!isInfrastructureError(error)) throw error;
      if (!away) reporter.note('secondglance: Redis is away; waiting for it');
      away = true;
    }
    await sleep(pause, signal).catch(() => undefined);
  }
  return ended;
}
