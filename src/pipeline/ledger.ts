import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errnoOf, outputError } from './errors.ts';
import { ensureFolder, openFileSink } from './sink.ts';

/** What the ledger keeps of one finished track. */
const entrySchema = z.object({
  target: z.string(),
  /** What the track depends on: input, options, bundle, as one string. */
  key: z.string(),
  /** Of the track's bytes. */
  sha256: z.string(),
});

/**
 * What stands at a track's place:
 * - `absent`: nothing.
 * - `current`: the track that the same input, options and bundle gave.
 * - `stale`: a track of ours, of another input, other options or another bundle.
 * - `foreign`: something that we did not write, or that was edited since. Never to be overwritten unasked.
 */
export type TrackState = 'absent' | 'current' | 'stale' | 'foreign';

/** The same name for the same file, also where its folder is reached through a link. */
async function placeOf(target: string): Promise<string> {
  const whole = path.resolve(target);
  const folder = await realpath(path.dirname(whole)).catch(() => path.dirname(whole));
  return path.join(folder, path.basename(whole));
}

function entryFile(stateDir: string, place: string): string {
  return path.join(stateDir, 'tracks', `${createHash('sha256').update(place).digest('hex')}.json`);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** An entry that is missing or damaged says nothing: the track then counts as foreign. */
async function readEntry(file: string): Promise<z.infer<typeof entrySchema> | undefined> {
  try {
    return entrySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Remembers a finished track: what it depends on (`key`) and the hash of its bytes. Throws an OutputError. */
export async function recordTrack(
  stateDir: string,
  target: string,
  track: { readonly key: string; readonly sha256: string },
): Promise<void> {
  const place = await placeOf(target);
  const file = entryFile(stateDir, place);
  await ensureFolder(path.dirname(file));
  const sink = await openFileSink(file);
  try {
    await sink.write(`${JSON.stringify({ target: place, key: track.key, sha256: track.sha256 })}\n`);
    await sink.commit();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/**
 * Says what stands at `target`, before a run that would write it with `key`. A device or a pipe counts as absent: there
 * is nothing in it to lose. Throws an OutputError where the file cannot be read.
 */
export async function trackState(stateDir: string, target: string, key: string): Promise<TrackState> {
  try {
    const known = await stat(target).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (known === undefined) return 'absent';
    if (known.isDirectory()) return 'foreign';
    if (!known.isFile()) return 'absent';

    const entry = await readEntry(entryFile(stateDir, await placeOf(target)));
    if (entry === undefined || entry.sha256 !== (await hashOf(target))) return 'foreign';
    return entry.key === key ? 'current' : 'stale';
  } catch (error) {
    throw outputError(error, `look at ${target}`);
  }
}
