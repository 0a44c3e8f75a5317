import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { stateDir } from '../../config/state-folder.ts';
import { isVideoId } from '../../queue/jobs.ts';
import { PRIORITIES } from '../../queue/priority.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { ID_RETENTION_MS, isOpen, type Submission } from '../../queue/redis/records.ts';
import { submitVideos } from '../../queue/video-control.ts';
import { writeBatch } from '../../storage/write-batch.ts';
import { digest } from '../input-identity.ts';

/*
 * Submissions are recorded on the submitting machine's disk until they have ended: if Redis loses all its data, they are submitted again.
 */

const entrySchema = z.strictObject({
  /** The installation that it was submitted to, see `QueueContext.name`. */
  site: z.string(),
  id: z.string(),
  request: z.string(),
  priority: z.enum(PRIORITIES),
  name: z.string(),
});

function folder(): string {
  return path.join(stateDir(), 'submitted');
}

function prefixOf(queue: QueueContext): string {
  return `${digest(queue.name).slice(0, 8)}-`;
}

function fileOf(queue: QueueContext, id: string): string {
  return path.join(folder(), `${prefixOf(queue)}${id}.json`);
}

/** Records submissions. Must come before Redis gets them. */
export async function recordSubmissions(queue: QueueContext, submissions: readonly Submission[]): Promise<void> {
  const files = submissions.map((submission) => ({
    name: path.basename(fileOf(queue, submission.id)),
    text: `${JSON.stringify({ site: queue.name, ...submission })}\n`,
  }));
  await writeBatch(folder(), files);
}

/** Deletes the record of a submission that has ended. */
export async function deleteSubmission(queue: QueueContext, id: string): Promise<void> {
  await rm(fileOf(queue, id), { force: true });
}

/** IDs of the recorded submissions. They are read from file names, because this runs every few seconds over perhaps ten thousand. */
async function recordedIds(queue: QueueContext): Promise<string[]> {
  const names = await readdir(folder()).catch(() => []);
  const prefix = prefixOf(queue);
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
    .map((name) => name.slice(prefix.length, -'.json'.length))
    .filter(isVideoId);
}

/** Undefined where the file is damaged, or another process has just deleted it. */
async function readSubmission(queue: QueueContext, id: string): Promise<Submission | undefined> {
  try {
    const { site, ...submission } = entrySchema.parse(JSON.parse(await readFile(fileOf(queue, id), 'utf8')));
    return site === queue.name ? submission : undefined;
  } catch {
    return undefined;
  }
}

/** True where a video without a record has ended: records expire, IDs of finished videos stay longer. */
async function hasExpired(queue: QueueContext, id: string): Promise<boolean> {
  if (await queue.records.hasEnded(id)) return true;
  const found = await stat(fileOf(queue, id)).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ID_RETENTION_MS;
}

/**
 * Submits again what Redis has lost, and deletes the records of submissions that have ended. A video that was done all the same is
 * skipped, because its tracks are current. Returns the IDs of those that were submitted again.
 */
export async function resubmitLost(queue: QueueContext): Promise<string[]> {
  const again: Submission[] = [];
  const ids = await recordedIds(queue);
  const states = await queue.records.states(ids);
  for (const [at, id] of ids.entries()) {
    const state = states[at];
    if (state !== undefined && isOpen(state)) continue;
    if (state !== undefined || (await hasExpired(queue, id))) {
      await deleteSubmission(queue, id);
      continue;
    }
    const submission = await readSubmission(queue, id);
    if (submission !== undefined) again.push(submission);
  }
  await submitVideos(queue, again);
  return again.map(({ id }) => id);
}
