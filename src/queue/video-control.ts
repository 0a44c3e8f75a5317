import { QueueError } from './errors.ts';
import type { QueueContext } from './queue-context.ts';
import type { VideoRecord } from './redis/record-schema.ts';
import { isOpen, type Submission } from './redis/records.ts';

/** The outcome of a submission. */
export interface Submitted {
  readonly id: string;
  readonly run: number;
  /** False where the same video was queued or running already. */
  readonly begun: boolean;
}

/** Videos that are submitted in one round trip. */
const BATCH = 250;

/**
 * Submits videos. The same video while it is queued or running is one job; a finished one runs again, and keeps its captions if it did
 * not end well.
 */
export async function submitVideos(context: QueueContext, submissions: readonly Submission[]): Promise<Submitted[]> {
  const submitted: Submitted[] = [];
  for (let at = 0; at < submissions.length; at += BATCH) {
    submitted.push(...(await submitBatch(context, submissions.slice(at, at + BATCH))));
  }
  return submitted;
}

async function submitBatch(
  { records, queues }: QueueContext,
  submissions: readonly Submission[],
): Promise<Submitted[]> {
  const outcomes = await records.submit(submissions);
  // Also for an active one: the process that submitted it may have died before this step.
  const outlines = await records.outlines(submissions.map(({ id }) => id));
  const waiting = submissions.flatMap(({ id, priority }, at) => {
    const { run = 0, outcome } = outcomes[at] ?? {};
    const outline = outlines[at];
    if (outline === undefined || outline instanceof QueueError) return [];
    if (outline.run !== run || outline.report !== undefined) return [];
    return [{ payload: { video: id, run }, priority: outcome === 'active' ? outline.priority : priority }];
  });
  await queues.addVideos(waiting);
  return submissions.map(({ id }, at) => {
    const { run = 0, outcome } = outcomes[at] ?? {};
    return { id, run, begun: outcome !== 'active' };
  });
}

/** Submits one video, as {@link submitVideos}. */
export async function submitVideo(context: QueueContext, submission: Submission): Promise<Submitted> {
  const [submitted] = await submitVideos(context, [submission]);
  return submitted ?? { id: submission.id, run: 0, begun: false };
}

/**
 * Cancels a video: no track is written, and processes that work on it stop. Its captions are kept for {@link submissionToRetry} and for
 * submitting it again.
 * @throws QueueError `video-unknown`; `video-state` where it has ended
 */
export async function cancelVideo(context: QueueContext, text: string): Promise<VideoRecord> {
  const record = await known(context, text);
  const { id: video, run, name, state, priority, model } = record;
  const groups = model === undefined ? [] : await context.inFlight.list({ model, video });
  if (!isOpen(state) || !(await context.records.finish(video, '*', 'cancelled', ''))) {
    throw new QueueError('video-state', `${name} (${video}) is ${state}: there is nothing to cancel`);
  }
  const keys = groups.map(({ group }) => ({ video, run, group }));
  await context.queues.remove({ video, run }, priority, keys, model);
  await context.frames.freeAll(video);
  return record;
}

/**
 * The submission that continues a video which ended partial, failed or cancelled.
 * @throws QueueError `video-unknown`; `video-state` where it is active, or complete
 */
export async function submissionToRetry(context: QueueContext, text: string): Promise<Submission> {
  const { id, state, request, priority, name } = await known(context, text);
  if (isOpen(state)) throw new QueueError('video-state', `${name} (${id}) is ${state}: cancel it first`);
  if (state === 'done' || state === 'skipped') {
    throw new QueueError('video-state', `${name} (${id}) is done: submit it with --force to caption it again`);
  }
  return { id, request, priority, name };
}

async function known({ records }: QueueContext, text: string): Promise<VideoRecord> {
  const record = await records.read(await records.resolve(text));
  if (record === undefined) throw new QueueError('video-unknown', `${text}: no video has this ID`);
  return record;
}
