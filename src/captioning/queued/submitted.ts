import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { submitVideo } from '../../queue/control.ts';
import { PRIORITIES } from '../../queue/names.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import { isOpen, type Submission } from '../../queue/redis/records.ts';
import { ensureFolder, openFileSink } from '../../storage/sink.ts';
import { stateDir } from '../../storage/state-folder.ts';
import { digest } from '../input-identity.ts';

/** What is kept of a submission on the submitter's own disk, until its end was seen. */
const entrySchema = z.strictObject({
  /** Which site it was submitted to, see `Site.name`. */
  site: z.string(),
  id: z.string(),
  request: z.string(),
  priority: z.enum(PRIORITIES),
  name: z.string(),
});

function folder(): string {
  return path.join(stateDir(), 'submitted');
}

function fileOf(site: QueueContext, id: string): string {
  return path.join(folder(), `${digest(site.name).slice(0, 8)}-${id}.json`);
}

/** Remembers a submission before Redis hears of it: a Redis that loses everything can be told again. */
export async function remember(site: QueueContext, submission: Submission): Promise<void> {
  await ensureFolder(folder());
  const sink = await openFileSink(fileOf(site, submission.id));
  try {
    await sink.write(`${JSON.stringify({ site: site.name, ...submission })}\n`);
    await sink.commit();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** Forgets a submission whose end was seen. */
export async function forget(site: QueueContext, id: string): Promise<void> {
  await rm(fileOf(site, id), { force: true });
}

/**
 * IDs of this machine's submissions to the site that are not known to have ended. They stand in the files' names: with ten
 * thousand of them this is asked every few seconds.
 */
async function remembered(site: QueueContext): Promise<string[]> {
  const names = await readdir(folder()).catch(() => []);
  const begin = `${digest(site.name).slice(0, 8)}-`;
  return names
    .filter((name) => name.startsWith(begin) && name.endsWith('.json'))
    .map((name) => name.slice(begin.length, -'.json'.length));
}

/** What was submitted; undefined where the file is damaged, or another process has just removed it. */
async function recall(site: QueueContext, id: string): Promise<Submission | undefined> {
  try {
    const { site: name, ...submission } = entrySchema.parse(JSON.parse(await readFile(fileOf(site, id), 'utf8')));
    return name === site.name ? submission : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Compares what this machine submitted with what Redis knows: what has ended is forgotten here, what Redis forgot is
 * submitted again. Where it was done all the same, its tracks are found to be up to date. Answers with the IDs.
 */
export async function reconcile(site: QueueContext): Promise<string[]> {
  const again: string[] = [];
  const ids = await remembered(site);
  const states = await site.records.states(ids);
  for (const [at, id] of ids.entries()) {
    const state = states[at];
    if (state !== undefined && isOpen(state)) continue;
    if (state !== undefined) {
      await forget(site, id);
      continue;
    }
    const submission = await recall(site, id);
    if (submission === undefined) continue;
    await submitVideo(site, submission);
    again.push(id);
  }
  return again;
}
