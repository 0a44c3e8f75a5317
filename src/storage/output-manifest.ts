import { createHash } from 'node:crypto';
import { type FileHandle, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../core/errors.ts';
import { openRegular } from '../core/regular-file.ts';
import { OutputError, OutputExistsError, type OutputKind, outputError } from './errors.ts';
import {
  type FileSinkOptions,
  type OnBeforeRename,
  openFileSink,
  type Transform,
  writePrivateFile,
} from './file-sink.ts';
import { ensureStateFolder } from './folders/ensure-folder.ts';
import { keepBackup } from './keep-backup.ts';
import { statIfPresent } from './kind-of.ts';
import { isRecordedContent } from './known-content.ts';
import type { TextSink } from './sink.ts';

/** An entry of the output manifest: one file in the state folder per target. */
const entrySchema = z.object({
  target: z.string(),
  /**
   * The outputs that may be at the target: the one that a run was about to rename into place, and the one that it was to
   * replace. So an output stays known when a run is killed right before or after the rename.
   */
  tracks: z.array(
    z.object({
      /** What the output depends on: input, options and bundle, as one string. */
      key: z.string(),
      /** Of the output's bytes. */
      sha256: z.string(),
      /** The path of its input, whatever that contains by now. Absent where it has several inputs. */
      source: z.string().optional(),
    }),
  ),
});

/**
 * What is at a target:
 * - `absent`: nothing.
 * - `current`: our output of the same input, options and bundle.
 * - `stale`: our output of an earlier version of the input, of other options or another bundle. May be overwritten.
 * - `other`: our output of another input. Must not be overwritten.
 * - `foreign`: a file that we did not write, or that was edited since. Must not be overwritten.
 */
export type OutputStatus = 'absent' | 'current' | 'stale' | 'other' | 'foreign';

/** The same path for the same file, also where its folder is reached through a symbolic link. */
async function canonicalPath(target: string): Promise<string> {
  const whole = path.resolve(target);
  const folder = await realpath(path.dirname(whole)).catch(() => path.dirname(whole));
  return path.join(folder, path.basename(whole));
}

function entryFile(stateDir: string, place: string): string {
  return path.join(stateDir, 'tracks', `${createHash('sha256').update(place).digest('hex')}.json`);
}

async function hashOf(file: string): Promise<string> {
  const { handle } = await openRegular(file);
  try {
    return await hashOfOpen(handle);
  } finally {
    await handle.close();
  }
}

async function hashOfOpen(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Undefined where the entry is missing or damaged: the file then counts as foreign. */
async function readEntry(file: string): Promise<z.infer<typeof entrySchema> | undefined> {
  try {
    return entrySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The hash of a regular file; undefined where there is none. */
async function hashAt(target: string): Promise<string | undefined> {
  const known = await statIfPresent(target);
  return known?.isFile() === true ? hashOf(target) : undefined;
}

/**
 * Records an output: what it depends on (`key`) and the hash of its bytes. What is recorded about the file that is at the
 * target now is kept. Throws an OutputError.
 */
export async function recordOutput(
  stateDir: string,
  target: string,
  output: { readonly key: string; readonly sha256: string; readonly source?: string | undefined },
): Promise<void> {
  const file = await canonicalPath(target);
  const entry = entryFile(stateDir, file);
  await ensureStateFolder(path.dirname(entry));
  const existing = await hashAt(file);
  const known = (await readEntry(entry))?.tracks ?? [];
  const replaced = known.filter(({ sha256 }) => sha256 === existing && sha256 !== output.sha256);
  const { key, sha256, source } = output;
  const tracks = [...replaced, { key, sha256, source }];
  await writePrivateFile(entry, `${JSON.stringify({ target: file, tracks })}\n`);
}

/**
 * Keeps the file at a target as a backup where it is not ours or was edited, and something is in it. It is opened once, and that is what is
 * compared and kept: whatever takes its name meanwhile is not read.
 * @param place the target as the sink writes it, below an open folder where that was checked
 */
async function keepForeign(stateDir: string, target: string, place: string): Promise<readonly string[]> {
  const known = (await readEntry(entryFile(stateDir, await canonicalPath(target))))?.tracks ?? [];
  const opened = await openRegular(place, { follow: false }).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw new OutputError(
      'output-changed',
      `another program replaced ${target} in the meantime; it is left unchanged`,
      {
        cause: error,
      },
    );
  });
  if (opened === undefined) return [];
  try {
    if (opened.size === 0) return [];
    const sha256 = await hashOfOpen(opened.handle);
    if (known.some((track) => track.sha256 === sha256) || (await isRecordedContent(stateDir, sha256))) return [];
    return [`what was there before is kept as ${path.basename(await keepBackup(place, opened.handle))}`];
  } finally {
    await opened.handle.close();
  }
}

/** Checks that an output does not take the place of the file that it is made from. Throws an OutputError. */
export async function assertNotInput(target: string, input: string): Promise<void> {
  const [a, b] = await Promise.all([target, input].map((file) => stat(file).catch(() => undefined)));
  if (a === undefined || b === undefined || a.dev !== b.dev || a.ino !== b.ino) return;
  throw new OutputError('output-is-media', `${target} is the input itself: choose another name`);
}

/**
 * A file sink for an output, which is never its own input. `commit` records the bytes in the manifest before the rename, as `stale`: call
 * `recordOutput` with the key once everything that the key stands for is done. A file that is not ours, or was edited, is
 * kept as a backup, which the notes of `commit` name. `options`: see `openFileSink`.
 */
export async function openOutputSink(
  stateDir: string,
  target: string,
  source?: string,
  options: Omit<FileSinkOptions, 'onBeforeRename'> = {},
): Promise<TextSink> {
  if (source !== undefined) await assertNotInput(target, source);
  const onBeforeRename: OnBeforeRename = async ({ sha256 }, place) => {
    const notes = await keepForeign(stateDir, target, place);
    await recordOutput(stateDir, target, { key: '', sha256, source });
    return notes;
  };
  return openFileSink(target, { ...options, onBeforeRename });
}

/**
 * Writes an output at once (a text, or what a transform produces) and records it under `key`. Its folder must exist.
 * Throws an OutputError, and what the transform throws. Returns notes for the user, one clause each.
 */
export async function writeOutput(
  stateDir: string,
  target: string,
  { key, source }: { readonly key: string; readonly source?: string },
  content: string | Transform,
): Promise<readonly string[]> {
  const sink = await openOutputSink(
    stateDir,
    target,
    source,
    typeof content === 'string' ? {} : { transform: content },
  );
  try {
    if (typeof content === 'string') await sink.write(content);
    const { sha256, notes = [] } = await sink.commit();
    await recordOutput(stateDir, target, { key, sha256, source });
    return notes;
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/**
 * Determines what is at `target` before a run that would write it under `key`, from `source` where that is one input.
 * Devices and pipes count as absent: they hold nothing to lose. Throws an OutputError where the file cannot be read.
 */
export async function outputStatus(
  stateDir: string,
  target: string,
  key: string,
  source?: string,
): Promise<OutputStatus> {
  try {
    // Absent too where its folder is a file: that fails when the folder is created.
    const found = await statIfPresent(target);
    if (found === undefined) return 'absent';
    if (found.isDirectory()) return 'foreign';
    if (!found.isFile()) return 'absent';

    const known = (await readEntry(entryFile(stateDir, await canonicalPath(target))))?.tracks ?? [];
    const sha256 = await hashOf(target);
    const track = known.find((candidate) => candidate.sha256 === sha256);
    if (track === undefined) return (await isRecordedContent(stateDir, sha256)) ? 'stale' : 'foreign';
    if (track.key === key) return 'current';
    // Outputs of several inputs are indistinguishable: the files of a folder change all the time.
    return source === undefined || track.source === undefined || track.source === source ? 'stale' : 'other';
  } catch (error) {
    throw outputError(error, `read ${target}`);
  }
}

/** True for a file that we wrote and that was edited since. Throws an OutputError where the file cannot be read. */
export async function isEditedOutput(stateDir: string, target: string): Promise<boolean> {
  if ((await outputStatus(stateDir, target, '')) !== 'foreign') return false;
  return ((await readEntry(entryFile(stateDir, await canonicalPath(target))))?.tracks ?? []).length > 0;
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
