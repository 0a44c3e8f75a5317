import { QueueError } from './errors.ts';
import type { QueueContext } from './queue-context.ts';
import { isOpen, type Submission, type VideoRecord } from './redis/records.ts';

/** What came of a submission. */
export interface Submitted {
  readonly id: string;
  readonly run: number;
  /** False where the very same was under way already. */
  readonly begun: boolean;
}

/**
 * Asks for a video. The same one again, while it is under way, is the same job; one that has ended is begun anew, and
 * keeps what it had captioned where it did not end well.
 */
export async function submitVideo(site: QueueContext, submission: Submission): Promise<Submitted> {
  const { id, priority } = submission;
  const { run, what } = await site.records.submit(submission);
  const begun = what !== 'live';
  // Also where it is under way: whoever entered it may have died before this step.
  const record = await site.records.read(id);
  if (record !== undefined && record.run === run && record.report === undefined) {
    await site.queues.addVideo({ video: id, run }, begun ? priority : record.priority);
  }
  return { id, run, begun };
}

/** The groups of a video that are in flight. */
async function inFlight(site: QueueContext, video: string): Promise<number[]> {
  const members = await site.redis.zrangebylex(site.keys.held, `[${video}/`, `(${video}0`);
  return members.map((member) => Number(member.slice(video.length + 1)));
}

/**
 * Ends a video before its time: nothing of it is written any more, and who works on it finds out.
 * @throws QueueError `video-unknown`; `video-state` where it has ended
 */
export async function cancelVideo(site: QueueContext, text: string): Promise<VideoRecord> {
  const record = await known(site, text);
  const groups = await inFlight(site, record.id);
  if (!isOpen(record.state) || !(await site.records.finish(record.id, '*', 'cancelled', ''))) {
    throw new QueueError('video-state', `${record.name} (${record.id}) is ${record.state}: there is nothing to cancel`);
  }
  await site.queues.remove({ video: record.id, run: record.run }, record.priority, groups);
  await site.frames.freeAll(record.id);
  return record;
}

/**
 * What to submit in order to begin a video anew that ended partial, failed or cancelled: what it had captioned is then not
 * done again.
 * @throws QueueError `video-unknown`; `video-state` where it goes on, or has nothing left to do
 */
export async function submissionToRetry(site: QueueContext, text: string): Promise<Submission> {
  const record = await known(site, text);
  const { id, state, request, priority, name } = record;
  if (isOpen(state)) throw new QueueError('video-state', `${name} (${id}) is ${state}: cancel it first`);
  if (state === 'done' || state === 'skipped') {
    throw new QueueError('video-state', `${name} (${id}) is done: submit it again, with --force, to do it anew`);
  }
  return { id, request, priority, name };
}

async function known(site: QueueContext, text: string): Promise<VideoRecord> {
  const id = await site.records.resolve(text);
  const record = await site.records.read(id);
  if (record === undefined) throw new QueueError('video-unknown', `${text}: no video has this ID`);
  return record;
}
