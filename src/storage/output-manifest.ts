import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../core/errors.ts';
import { OutputExistsError, type OutputKind, outputError } from './errors.ts';
import { ensureFolder, openFileSink, type TextSink, type Transform } from './sink.ts';

/** What the ledger keeps of one track's place. */
const entrySchema = z.object({
  target: z.string(),
  /**
   * The tracks of ours that may stand there: the one that a run was about to put there, and the one that it would
   * replace. A kill right before or right after that step must not turn our own track into somebody else's.
   */
  tracks: z.array(
    z.object({
      /** What the track depends on: input, options, bundle, as one string. */
      key: z.string(),
      /** Of the track's bytes. */
      sha256: z.string(),
      /** Whose track it is: where its input lies, whatever that holds by now. Absent where it is of several inputs. */
      source: z.string().optional(),
    }),
  ),
});

/**
 * What stands at a track's place:
 * - `absent`: nothing.
 * - `current`: the track that the same input, options and bundle gave.
 * - `stale`: a track of ours, of what the input held before, of other options or another bundle.
 * - `other`: a track of ours, of another input: as much a loss to overwrite as a foreign one.
 * - `foreign`: something that we did not write, or that was edited since. Never to be overwritten unasked.
 */
export type OutputStatus = 'absent' | 'current' | 'stale' | 'other' | 'foreign';

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

/** The hash of a regular file, undefined where there is none. */
async function hashAt(target: string): Promise<string | undefined> {
  const known = await stat(target).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return known?.isFile() === true ? hashOf(target) : undefined;
}

/**
 * Remembers a track: what it depends on (`key`) and the hash of its bytes. To be called for a finished track; what is
 * known of the one that stands in its place, where that is another, stays. Throws an OutputError.
 */
export async function recordOutput(
  stateDir: string,
  target: string,
  track: { readonly key: string; readonly sha256: string; readonly source?: string | undefined },
): Promise<void> {
  const place = await placeOf(target);
  const file = entryFile(stateDir, place);
  await ensureFolder(path.dirname(file));
  const standing = await hashAt(place);
  const known = (await readEntry(file))?.tracks ?? [];
  const replaced = known.filter(({ sha256 }) => sha256 === standing && sha256 !== track.sha256);
  const sink = await openFileSink(file);
  try {
    const { key, sha256, source } = track;
    const tracks = [...replaced, { key, sha256, source }];
    await sink.write(`${JSON.stringify({ target: place, tracks })}\n`);
    await sink.commit();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/**
 * A file sink for a track. On `commit` the ledger knows the bytes for ours before they appear, though not yet for
 * `current`: that needs a `recordTrack` with the key, once all that the key stands for is done. `make`: see `openFileSink`.
 */
export function openOutputSink(stateDir: string, target: string, source?: string, make?: Transform): Promise<TextSink> {
  return openFileSink(target, ({ sha256 }) => recordOutput(stateDir, target, { key: '', sha256, source }), make);
}

/**
 * Puts a file that is whole in one go in its place, and remembers it for `key`. Its folder has to be there. Throws an OutputError, and
 * what `content` throws: text, or a `Make` (see `openFileSink`).
 */
export async function writeOutput(
  stateDir: string,
  target: string,
  { key, source }: { readonly key: string; readonly source?: string },
  content: string | Transform,
): Promise<void> {
  const sink = await openOutputSink(stateDir, target, source, typeof content === 'string' ? undefined : content);
  try {
    if (typeof content === 'string') await sink.write(content);
    const { sha256 } = await sink.commit();
    await recordOutput(stateDir, target, { key, sha256, source });
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/**
 * Says what stands at `target`, before a run that would write it with `key`, for `source` where that is one input. A
 * device or a pipe counts as absent: there is nothing in it to lose. Throws an OutputError where the file cannot be read.
 */
export async function outputStatus(
  stateDir: string,
  target: string,
  key: string,
  source?: string,
): Promise<OutputStatus> {
  try {
    const known = await stat(target).catch((error: unknown) => {
      // ENOTDIR: a file stands in its folder's place, which is for the one who makes the folder to say.
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    });
    if (known === undefined) return 'absent';
    if (known.isDirectory()) return 'foreign';
    if (!known.isFile()) return 'absent';

    const ours = (await readEntry(entryFile(stateDir, await placeOf(target))))?.tracks ?? [];
    if (ours.length === 0) return 'foreign';
    const sha256 = await hashOf(target);
    const track = ours.find((candidate) => candidate.sha256 === sha256);
    if (track === undefined) return 'foreign';
    if (track.key === key) return 'current';
    // Where either is of several inputs, they cannot be told apart: the set of a folder's files changes by itself.
    return source === undefined || track.source === undefined || track.source === source ? 'stale' : 'other';
  } catch (error) {
    throw outputError(error, `look at ${target}`);
  }
}

/**
 * Checks an output before it is made: true where it is up to date. Throws an {@link OutputExistsError} where the target
 * must not be overwritten.
 * @param output `key`: what the output depends on; `source`: the input that it is made from, where that is one
 */
export async function assertOverwritable(
  stateDir: string,
  target: string,
  output: { readonly kind: OutputKind; readonly key: string; readonly source?: string | undefined },
): Promise<boolean> {
  const status = await outputStatus(stateDir, target, output.key, output.source);
  if (status === 'foreign' || status === 'other') throw new OutputExistsError(target, output.kind, status);
  return status === 'current';
}
