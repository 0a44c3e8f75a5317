import { access, constants, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { ensureFolder } from '../../storage/ensure-folder.ts';
import { outputError } from '../../storage/errors.ts';
import type { Transform } from '../../storage/file-sink.ts';
import { openOutputSink, outputStatus, recordOutput } from '../../storage/output-manifest.ts';

/** Where a guide's files lie, and whose they are. */
export interface GuidePlace {
  /** The guide's folder. */
  readonly folder: string;
  /** Of the ledger that knows our files from a person's. */
  readonly stateDir: string;
  /** The video that the files are made from; undefined where a person has had a hand in it. */
  readonly source: string | undefined;
}

/** A file that was written, by its name in the guide's folder (or an absolute path elsewhere). */
export interface GuideFile {
  readonly name: string;
  readonly sha256: string;
}

/**
 * Makes a folder, where missing, and sees that it can be written to: better said before a film is looked through than
 * after. Throws an OutputError.
 */
export async function prepareFolder(folder: string): Promise<void> {
  await ensureFolder(folder);
  try {
    // The dot makes a file of that name fail.
    await access(`${folder}/.`, constants.W_OK);
  } catch (error) {
    throw outputError(error, `write into ${folder}`);
  }
}

/**
 * Writes a text of the guide: beside its place, then renamed. Until {@link recordGuide}, it counts as ours but not as up
 * to date. Where `make` is given, the file is what that makes of the text. Throws an OutputError, and what `make` throws.
 */
export async function writeText(
  { folder, stateDir, source }: GuidePlace,
  name: string,
  text: string,
  make?: Transform,
): Promise<GuideFile> {
  const file = path.resolve(folder, name);
  await ensureFolder(path.dirname(file));
  const sink = await openOutputSink(stateDir, file, source, make);
  try {
    await sink.write(text);
    const { sha256 } = await sink.commit();
    return { name, sha256 };
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** Writes a picture of the guide, as {@link writeText} does a text. */
export function writeBytes(place: GuidePlace, name: string, bytes: Uint8Array): Promise<GuideFile> {
  return writeText(place, name, '', (_, made) => writeFile(made, bytes));
}

/** Enters a complete guide into the ledger. `key` says what it depends on. */
export async function recordGuide(place: GuidePlace, files: readonly GuideFile[], key: string): Promise<void> {
  const { folder, stateDir, source } = place;
  for (const { name, sha256 } of files) {
    await recordOutput(stateDir, path.resolve(folder, name), { key: `${name} ${key}`, sha256, source });
  }
}

/** What stands in a guide's places. */
export interface GuideStanding {
  /** True where all files are what the same input and options gave. */
  readonly current: boolean;
  /** The first file that is not ours to overwrite, and why. */
  readonly taken?: { readonly name: string; readonly by: 'foreign' | 'other' };
}

/** Looks at the files `names` of a guide before a run that would write them. Throws an OutputError. */
export async function guideStanding(
  { folder, stateDir, source }: GuidePlace,
  names: readonly string[],
  key: string,
): Promise<GuideStanding> {
  let current = 0;
  for (const name of names) {
    const state = await outputStatus(stateDir, path.resolve(folder, name), `${name} ${key}`, source);
    if (state === 'foreign' || state === 'other') return { current: false, taken: { name, by: state } };
    if (state === 'current') current++;
  }
  return { current: current === names.length };
}

/** The bytes of a file of the guide; undefined where it is not there. Throws an OutputError where it cannot be read. */
export async function readGuideFile(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path.resolve(folder, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw outputError(error, `read ${path.resolve(folder, name)}`);
  }
}
