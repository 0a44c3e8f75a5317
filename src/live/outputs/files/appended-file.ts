import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, SecondGlanceError } from '../../../core/errors.ts';
import { OutputExistsError, outputError } from '../../../storage/errors.ts';
import { syncFolder, writeAll } from '../../../storage/temp-file.ts';

/** How the text of a file is made of entries. */
export interface EntrySyntax {
  /** One entry that is complete, up to its line feed. Global. */
  readonly entry: RegExp;
  /** What a file with this syntax begins with. */
  readonly begins: string;
}

/** How much of a file's end is read: entries are much shorter. */
const TAIL_BYTES = 65_536;

interface OpenTail {
  readonly path: string;
  /** Bytes up to the end of the last complete entry. */
  end: number;
  /** The last entries that earlier runs wrote. */
  readonly known: readonly string[];
}

/**
 * Appends entries to text files, durably: what `append` has resolved for is on the disk, and an entry of which a killed run or a full disk left
 * a part is removed before the next one is written. An entry that an earlier run has just written is not written again.
 */
export class AppendedFile {
  readonly #syntax: EntrySyntax;
  #tail: OpenTail | undefined;

  constructor(syntax: EntrySyntax) {
    this.#syntax = syntax;
  }

  /**
   * @param head what the file begins with, where it is new
   * @param key what this entry alone begins with
   * Throws an OutputError; the same entry may then be appended again.
   */
  async append(file: string, head: string, entry: string, key: string): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, 'r+').catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return open(file, 'wx+');
        throw error;
      });
      const tail = await this.#read(handle, file);
      if (tail.known.some((one) => one.startsWith(key))) return;
      const bytes = Buffer.from(tail.end === 0 ? head + entry : entry);
      try {
        await writeAll(handle, bytes, tail.end);
        await handle.datasync();
        if (tail.end === 0) await syncFolder(path.dirname(file));
      } catch (error) {
        await handle.truncate(tail.end).catch(() => undefined);
        throw error;
      }
      tail.end += bytes.length;
    } catch (error) {
      throw error instanceof SecondGlanceError ? error : outputError(error, `write ${file}`);
    } finally {
      await handle?.close();
    }
  }

  async #read(handle: FileHandle, file: string): Promise<OpenTail> {
    const { size } = await handle.stat();
    if (this.#tail?.path === file && this.#tail.end === size) return this.#tail;
    const from = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - from);
    await handle.read(bytes, 0, bytes.length, from);
    // One character a byte, so that positions are bytes.
    const text = bytes.toString('latin1');
    const { entry, begins } = this.#syntax;
    if (from === 0 && !text.startsWith(begins.slice(0, text.length))) {
      const advice = 'move it away, or name another folder with -o';
      throw new OutputExistsError(file, 'track', 'foreign', { advice, retryable: true });
    }
    const entries = [...text.matchAll(entry)];
    const last = entries.at(-1);
    // Without a complete entry, the file is begun anew.
    const end = last === undefined ? 0 : from + last.index + last[0].length;
    if (end < size) await handle.truncate(end);
    const known = entries.map(([whole]) => Buffer.from(whole, 'latin1').toString());
    this.#tail = { path: file, end, known };
    return this.#tail;
  }
}
