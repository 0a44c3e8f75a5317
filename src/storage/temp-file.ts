import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { outputError } from './errors.ts';

/** File names have at most 255 bytes; up to this many are the target's own name. */
const KEPT_NAME_BYTES = 180;
const DAY_MS = 86_400_000;

const hostId = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
/** Temp files of this process, which no killed run left behind. */
const own = new Set<string>();

function stemOf(target: string): string {
  const base = path.basename(target);
  if (Buffer.byteLength(base) <= KEPT_NAME_BYTES) return `.${base}`;
  return `.${createHash('sha256').update(base).digest('hex')}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is alive, and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function isOlderThan(file: string, age: number): Promise<boolean> {
  const known = await stat(file).catch(() => undefined);
  return known !== undefined && known.mtimeMs < Date.now() - age;
}

/** Temp files that killed runs left beside `target`; those of other machines (a shared disk) count after a day. */
export async function staleTempFiles(target: string): Promise<string[]> {
  const found: string[] = [];
  const folder = path.dirname(target);
  const stem = stemOf(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${stem}.`) || !name.endsWith('.part')) continue;
    const file = path.join(folder, name);
    const [, host, pid] = /^\.([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(stem.length)) ?? [];
    if (host === undefined || own.has(file)) continue;
    // The process id may be our own: in a container every run may have the same one.
    const stale =
      host === hostId ? Number(pid) === process.pid || !isAlive(Number(pid)) : await isOlderThan(file, DAY_MS);
    if (stale) found.push(file);
  }
  return found;
}

async function removeStaleFiles(target: string): Promise<void> {
  for (const file of await staleTempFiles(target)) await rm(file, { force: true, recursive: true });
}

/** A hidden name beside `target` that contains host and process id. */
function newName(target: string): string {
  const name = `${stemOf(target)}.${hostId}-${process.pid}-${randomBytes(4).toString('hex')}.part`;
  const file = path.join(path.dirname(target), name);
  own.add(file);
  return file;
}

/** A file that is written beside its target under a hidden name, and renamed to it when complete. */
export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * Creates a temp file for `target` in the target's folder, for writing and reading, after removing those that killed runs
 * left there. Throws an OutputError.
 * @param mode its permissions; by default those that the process gives to new files
 */
export async function openTempFile(target: string, mode?: number): Promise<TempFile> {
  try {
    await removeStaleFiles(target);
    const file = newName(target);
    return { path: file, handle: await open(file, 'wx+', mode) };
  } catch (error) {
    throw outputError(error, `write ${target}`);
  }
}

/** Like {@link openTempFile}, but creates a folder, for an output of several files. Returns its path. */
export async function openTempFolder(target: string): Promise<string> {
  try {
    await removeStaleFiles(target);
    const folder = newName(target);
    await mkdir(folder);
    return folder;
  } catch (error) {
    throw outputError(error, `write ${target}`);
  }
}

/** Removes a temp folder, unless it has been renamed. Idempotent. */
export async function removeTempFolder(folder: string): Promise<void> {
  await rm(folder, { force: true, recursive: true });
  own.delete(folder);
}

/** Closes and removes a temp file, unless it has been renamed. Idempotent. */
export async function removeTempFile(temp: TempFile): Promise<void> {
  await temp.handle.close().catch(() => undefined);
  await rm(temp.path, { force: true });
  own.delete(temp.path);
}

/** To be called for a temp file that has been renamed to its target. */
export function releaseTempFile(temp: TempFile): void {
  own.delete(temp.path);
}

/** Makes a rename or a new file in `folder` durable, where the system can sync folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of `bytes` at `position` (null: the current one), in several writes if needed. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number | null): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at);
    done += bytesWritten;
  }
}
