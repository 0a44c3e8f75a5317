import { access, constants, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { outputError } from '../../storage/errors.ts';
import type { Transform } from '../../storage/file-sink.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';
import { recordContent } from '../../storage/known-content.ts';
import { openOutputSink, outputStatus, recordOutput } from '../../storage/output-manifest.ts';
import { GUIDE_FORMATS } from './guide-formats.ts';

/** Where a guide's files are, and what they are made from. */
export interface GuideFolder {
  /** The guide's folder. */
  readonly folder: string;
  /** Folder of the output manifest, which tells our files from the user's. */
  readonly stateDir: string;
  /** Identity of the video; undefined for a guide that is rebuilt from an edited steps.json. */
  readonly source: string | undefined;
}

/** A file that was written, by its name in the guide's folder (or an absolute path elsewhere). */
export interface GuideFile {
  readonly name: string;
  readonly sha256: string;
  /** What the user should know of it, one clause each. */
  readonly notes?: readonly string[];
}

/** Creates a folder where it is missing, and checks that it is writable before the long work begins. Throws an OutputError. */
export async function prepareFolder(folder: string): Promise<void> {
  await ensureFolder(folder);
  try {
    // The dot makes this fail for a file.
    await access(`${folder}/.`, constants.W_OK);
  } catch (error) {
    throw outputError(error, `write into ${folder}`);
  }
}

/**
 * Writes a text of the guide through a temp file. Until {@link recordGuide}, it counts as ours but not as up to date. With
 * `make`, the file is what that makes of the text. Throws an OutputError, and what `make` throws.
 */
export async function writeText(
  { folder, stateDir, source }: GuideFolder,
  name: string,
  text: string,
  make?: Transform,
): Promise<GuideFile> {
  const file = path.resolve(folder, name);
  await ensureFolder(path.dirname(file));
  const sink = await openOutputSink(stateDir, file, source, { transform: make });
  try {
    await sink.write(text);
    const { sha256, notes = [] } = await sink.commit();
    return { name, sha256, ...(notes.length === 0 ? {} : { notes }) };
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** Writes a picture of the guide, as {@link writeText} does a text. */
export function writeBytes(place: GuideFolder, name: string, bytes: Uint8Array): Promise<GuideFile> {
  return writeText(place, name, '', async (_, made) => {
    await writeFile(made, bytes);
    return [];
  });
}

/** Records a complete guide in the output manifest. `key` stands for everything that it depends on. */
export async function recordGuide(place: GuideFolder, files: readonly GuideFile[], key: string): Promise<void> {
  const { folder, stateDir, source } = place;
  for (const { name, sha256 } of files) {
    await recordOutput(stateDir, path.resolve(folder, name), { key: `${name} ${key}`, sha256, source });
    await recordContent(stateDir, sha256);
  }
}

/** State of a guide's files. */
export interface GuideStatus {
  /** True where all files are up to date. */
  readonly current: boolean;
  /** The first file that must not be overwritten, and why. */
  readonly taken?: { readonly name: string; readonly by: 'foreign' | 'other' };
}

/** Checks the files `names` of a guide before they are written. Throws an OutputError. */
export async function guideStatus(
  { folder, stateDir, source }: GuideFolder,
  names: readonly string[],
  key: string,
): Promise<GuideStatus> {
  let current = 0;
  for (const name of names) {
    const state = await outputStatus(stateDir, path.resolve(folder, name), `${name} ${key}`, source);
    if (state === 'foreign' || state === 'other') return { current: false, taken: { name, by: state } };
    if (state === 'current') current++;
  }
  return { current: current === names.length };
}

/** Files of a guide that are there, written by us, and not among `names`. */
export async function staleFiles({ folder, stateDir }: GuideFolder, names: readonly string[]): Promise<string[]> {
  const stale: string[] = [];
  for (const { file } of Object.values(GUIDE_FORMATS)) {
    if (names.includes(file)) continue;
    const state = await outputStatus(stateDir, path.resolve(folder, file), '');
    if (state !== 'absent' && state !== 'foreign') stale.push(file);
  }
  return stale;
}

/** Reads a file of the guide; undefined where it does not exist. Throws an OutputError where it cannot be read. */
export async function readGuideFile(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path.resolve(folder, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw outputError(error, `read ${path.resolve(folder, name)}`);
  }
}
