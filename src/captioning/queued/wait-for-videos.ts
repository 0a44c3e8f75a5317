import { z } from 'zod';
import { sleep } from '../../core/sleep.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { QueueError } from '../../queue/errors.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { isAway } from '../../queue/redis/connection.ts';
import { isOpen, type Submission, type VideoRecord } from '../../queue/redis/records.ts';
import { failedSummary } from '../../services/ending.ts';
import type { InputProgress, Reporter } from '../progress.ts';
import type { InputSummary } from '../summary.ts';
import { forget, reconcile } from './submitted.ts';

/** Between two looks at the same video; with many videos longer, so that waiting costs Redis little. */
const LOOK_MS = 300;
const LOOK_MS_PER_VIDEO = 2;

const summarySchema = z.looseObject({
  video: z.string(),
  state: z.enum(['done', 'partial', 'failed', 'skipped']),
  keyframes: z.number(),
  cues: z.number(),
  seconds: z.number(),
  outputs: z.array(z.string()),
  problems: z.array(z.looseObject({ code: z.string(), message: z.string() })),
});

/** Somebody ended the job before its time. */
class CancelledError extends QueueError {
  constructor(name: string) {
    super('video-gone', `${name} was cancelled`);
  }
}

/** What a finished video came to, as `caption` would say it. */
export function summaryOf(record: VideoRecord): InputSummary {
  if (record.state === 'cancelled') return failedSummary(record.name, new CancelledError(record.name));
  return summarySchema.parse(JSON.parse(record.summary ?? '{}')) as unknown as InputSummary;
}

/** How far a video has come, as `caption` would say it. */
export function progressOf(record: VideoRecord): InputProgress {
  const media = record.media === undefined ? undefined : (JSON.parse(record.media) as MediaInfo);
  const found = record.covered === undefined || media === undefined ? 0 : Math.max(0, record.covered - media.start);
  // Groups are done about in order, so the share of keyframes stands for the share of time.
  const covered = record.found === 0 ? 0 : found * Math.min(1, record.done / record.found);
  const duration = media?.duration ?? undefined;
  return { keyframes: record.done, covered, ...(duration === undefined ? {} : { duration }) };
}

/** Looks at every video once; tells of those that have ended, and takes them from `pending`. */
async function look(site: QueueContext, pending: Map<string, Submission>, reporter: Reporter): Promise<InputSummary[]> {
  const ended: InputSummary[] = [];
  for (const { id, name } of [...pending.values()]) {
    const record = await site.records.read(id);
    if (record === undefined) {
      const again = await reconcile(site);
      if (again.includes(id)) reporter.note(`${name}: Redis has forgotten it; submitted again`);
    } else if (isOpen(record.state)) {
      reporter.progress(name, progressOf(record));
    } else {
      const summary = summaryOf(record);
      ended.push(summary);
      pending.delete(id);
      await forget(site, id);
      reporter.end(summary);
    }
  }
  return ended;
}

/**
 * Waits until all have ended; a Redis that is away is waited for, what it forgot is submitted again. Ends early, with what
 * has ended so far, where `signal` says so.
 */
export async function waitForVideos(
  site: QueueContext,
  submissions: readonly Submission[],
  reporter: Reporter,
  signal: AbortSignal,
): Promise<InputSummary[]> {
  const pending = new Map(submissions.map((submission) => [submission.id, submission]));
  const ended: InputSummary[] = [];
  const pause = LOOK_MS + LOOK_MS_PER_VIDEO * pending.size;
  let away = false;
  for (const [at, { name }] of submissions.entries()) if (at === 0) reporter.begin(name, 1, submissions.length);
  while (pending.size > 0 && !signal.aborted) {
    try {
      ended.push(...(await look(site, pending, reporter)));
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
