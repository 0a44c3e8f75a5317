import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** The path is a named pipe, a socket, a device or a folder. */
export class NotRegularFileError extends Error {
  readonly code = 'ENOTREGULAR';
  /** It is a folder. */
  readonly folder: boolean;

  constructor(file: string, found: Stats) {
    super(`${file} is not a regular file`);
    this.folder = found.isDirectory();
  }
}

/** An open file that is checked to be a regular one. */
export interface RegularFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * Opens a regular file for reading. Never blocks: the open of a named pipe waits for its other end in a thread of libuv's pool, and four such
 * waits stop the whole process. What is opened is checked on the descriptor, because the path may lead elsewhere by then.
 * @param options `follow: false` refuses a symbolic link (ELOOP)
 * @throws NotRegularFileError; the system's error
 */
export async function openRegular(file: string, options: { readonly follow?: boolean } = {}): Promise<RegularFile> {
  // Not by opening alone: that would wake a program that waits to write into the pipe.
  const there = await stat(file);
  if (!there.isFile()) throw new NotRegularFileError(file, there);
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0, O_NOFOLLOW = 0 } = constants;
  const handle = await open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | (options.follow === false ? O_NOFOLLOW : 0));
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new NotRegularFileError(file, found);
    return { handle, size: found.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Up to `bytes` bytes of a regular file from position `at` on. Throws as {@link openRegular}. */
export async function readRegular(file: string, bytes: number, at = 0): Promise<Buffer> {
  const { handle } = await openRegular(file);
  try {
    return await readAt(handle, bytes, at);
  } finally {
    await handle.close();
  }
}

/** Up to `bytes` bytes of an open file from position `at` on. */
export async function readAt(handle: FileHandle, bytes: number, at: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** All of a regular file, up to `most` bytes. Throws as {@link openRegular}; RangeError for a longer one. */
export async function readWhole(file: string, most: number): Promise<Buffer> {
  const { handle, size } = await openRegular(file);
  try {
    if (size > most) throw new RangeError(`${file} has more than ${Math.round(most / 2 ** 20)} MiB`);
    return await readAt(handle, size, 0);
  } finally {
    await handle.close();
  }
}
