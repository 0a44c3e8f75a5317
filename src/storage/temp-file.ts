import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { outputError } from './errors.ts';

/** Names on disk have at most 255 bytes; this much is kept of a target's own name. */
const KEPT_NAME_BYTES = 180;
const DAY_MS = 86_400_000;

const here = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
/** Parts of this very process, which are none of a killed run's. */
const ours = new Set<string>();

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
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function isOlderThan(file: string, age: number): Promise<boolean> {
  const known = await stat(file).catch(() => undefined);
  return known !== undefined && known.mtimeMs < Date.now() - age;
}

/** Removes what killed runs left beside `target`. Parts of other machines (a shared disk) only after a day. */
async function removeStaleParts(target: string): Promise<void> {
  const folder = path.dirname(target);
  const stem = stemOf(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${stem}.`) || !name.endsWith('.part')) continue;
    const file = path.join(folder, name);
    const [, host, pid] = /^\.([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(stem.length)) ?? [];
    if (host === undefined || ours.has(file)) continue;
    // A part's number may be this process's own: in a container every run may have the same.
    const stale =
      host === here ? Number(pid) === process.pid || !isAlive(Number(pid)) : await isOlderThan(file, DAY_MS);
    if (stale) await rm(file, { force: true, recursive: true });
  }
}

/** A hidden name beside `target` that tells whose part it is. */
function newName(target: string): string {
  const name = `${stemOf(target)}.${here}-${process.pid}-${randomBytes(4).toString('hex')}.part`;
  const file = path.join(path.dirname(target), name);
  ours.add(file);
  return file;
}

/** A file that is being written beside its target, under a hidden name of its own. */
export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * Opens a new part for `target` in the target's folder, for writing and reading back, after removing those that killed
 * runs left there. Throws an OutputError.
 */
export async function openTempFile(target: string): Promise<TempFile> {
  try {
    await removeStaleParts(target);
    const file = newName(target);
    return { path: file, handle: await open(file, 'wx+') };
  } catch (error) {
    throw outputError(error, `write ${target}`);
  }
}

/** As {@link openTempFile}, but a folder, for a track of several files. Answers its path. Throws an OutputError. */
export async function openTempFolder(target: string): Promise<string> {
  try {
    await removeStaleParts(target);
    const folder = newName(target);
    await mkdir(folder);
    return folder;
  } catch (error) {
    throw outputError(error, `write ${target}`);
  }
}

/** Removes a folder that is a part, unless it has been renamed. Idempotent. */
export async function removeTempFolder(folder: string): Promise<void> {
  await rm(folder, { force: true, recursive: true });
  ours.delete(folder);
}

/** Closes a part and removes it, unless it has been renamed. Idempotent. */
export async function removeTempFile(part: TempFile): Promise<void> {
  await part.handle.close().catch(() => undefined);
  await rm(part.path, { force: true });
  ours.delete(part.path);
}

/** Forgets a part that has been renamed to its target. */
export function releaseTempFile(part: TempFile): void {
  ours.delete(part.path);
}

/** Makes a rename or a new file in `folder` durable, where the system lets folders be synced. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of `bytes` at `position` (or where the file stands, for a pipe): one write may take only some of them. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number | null): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at);
    done += bytesWritten;
  }
}
