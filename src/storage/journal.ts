import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AppendOutcome, CaptionStore } from '../core/caption-store.ts';
import { errnoOf } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json-value.ts';
import type { Caption } from '../core/types.ts';
import { OutputError, outputError } from './errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { ensureStateFolder } from './folders/ensure-folder.ts';
import { syncFolder, writeAll } from './temp-file.ts';

/** Version of the journal format. A journal of another version is emptied. */
const FORMAT = 2;
const NEW_LINE = 10;
const CHUNK_BYTES = 65_536;

/**
 * The captions of one input's finished groups, kept on disk until its tracks are complete. A group whose `append` has
 * resolved survives a kill -9; one that was being appended is there as a whole or not at all.
 */
export interface Journal extends CaptionStore {
  readonly file: string;
  /** Number of durable groups. */
  readonly size: number;
  /** True where the group's captions are durable. */
  has(group: number): boolean;
  /** Closes the journal and keeps it for a later run. Idempotent. */
  close(): Promise<void>;
  /** Closes and deletes the journal: its tracks are complete. Idempotent. */
  remove(): Promise<void>;
}

/** Position of a record in the file, in bytes. */
interface Extent {
  readonly at: number;
  readonly length: number;
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

/** A record as a line, without the line feed: a checksum of the rest, then the record. */
function toLine(record: object): string {
  const body = JSON.stringify(record);
  return `{"sum":"${checksum(body)}",${body.slice(1)}`;
}

/** The record of a line; undefined where the line is damaged. */
function fromLine(line: string): unknown {
  const match = /^\{"sum":"([0-9a-f]{16})",(.*)$/s.exec(line);
  const body = `{${match?.[2] ?? ''}`;
  return match !== null && match[1] === checksum(body) ? JSON.parse(body) : undefined;
}

/** JSON with sorted keys: the same text for equal values. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Every complete line, with its position. A torn last line is skipped. */
async function* linesOf(handle: FileHandle): AsyncGenerator<Extent & { readonly text: string }> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let at = 0;
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(NEW_LINE); end !== -1; end = rest.indexOf(NEW_LINE)) {
      yield { at, length: end, text: rest.toString('utf8', 0, end) };
      at += end + 1;
      rest = rest.subarray(end + 1);
    }
  }
}

class JournalFile implements Journal {
  readonly file: string;
  readonly #handle: FileHandle;
  readonly #lock: FileLock;
  readonly #extents = new Map<number, Extent>();
  #end = 0;
  #last: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  constructor(file: string, handle: FileHandle, lock: FileLock) {
    this.file = file;
    this.#handle = handle;
    this.#lock = lock;
  }

  /** Finds the durable groups and truncates the file after the last intact line. A different header empties it. */
  async load(header: string): Promise<void> {
    let isHeader = true;
    for await (const { at, length, text } of linesOf(this.#handle)) {
      if (isHeader) {
        if (text !== header) break;
        isHeader = false;
      } else {
        const record = fromLine(text);
        if (typeof record !== 'object' || record === null || !('group' in record)) break;
        if (typeof record.group === 'number' && !this.#extents.has(record.group)) {
          this.#extents.set(record.group, { at, length });
        }
      }
      this.#end = at + length + 1;
    }
    await this.#handle.truncate(this.#end);
    if (isHeader) await this.#write(header);
    await this.#handle.sync();
  }

  async #write(line: string): Promise<Extent> {
    const bytes = Buffer.from(`${line}\n`);
    const extent = { at: this.#end, length: bytes.length - 1 };
    try {
      await writeAll(this.#handle, bytes, this.#end);
      await this.#handle.datasync();
    } catch (error) {
      // A full disk may have taken a part of the line. The next one must not follow it.
      await this.#handle.truncate(this.#end).catch(() => undefined);
      throw error;
    }
    this.#end += bytes.length;
    return extent;
  }

  get size(): number {
    return this.#extents.size;
  }

  has(group: number): boolean {
    return this.#extents.has(group);
  }

  async read(group: number): Promise<readonly Caption[] | undefined> {
    const extent = this.#extents.get(group);
    if (extent === undefined) return undefined;
    const bytes = Buffer.alloc(extent.length);
    try {
      await this.#handle.read(bytes, 0, extent.length, extent.at);
    } catch (error) {
      throw outputError(error, `read the journal ${this.file}`);
    }
    const record = fromLine(bytes.toString());
    if (record === undefined) {
      throw outputError(new Error('another program changed it'), `read the journal ${this.file}`);
    }
    // The checksum proves that this class wrote the record.
    return (record as { readonly captions: readonly Caption[] }).captions;
  }

  append(group: number, captions: readonly Caption[]): Promise<AppendOutcome> {
    const write = async (): Promise<AppendOutcome> => {
      if (this.#extents.has(group)) return 'duplicate';
      if (!(await this.#lock.isHeld())) {
        throw new OutputError(
          'journal-lost',
          'this run was suspended for so long that another run took over: let that one finish, or run it again',
        );
      }
      try {
        this.#extents.set(group, await this.#write(toLine({ group, captions })));
        return 'committed';
      } catch (error) {
        throw outputError(error, `write the journal ${this.file}`);
      }
    };
    const written = this.#last.then(write);
    this.#last = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }

  close(): Promise<void> {
    this.#ending ??= this.#finish(false);
    return this.#ending;
  }

  remove(): Promise<void> {
    this.#ending ??= this.#finish(true);
    return this.#ending;
  }

  async #finish(forGood: boolean): Promise<void> {
    await this.#last;
    await this.#handle.close();
    // If another run has taken over, the file belongs to that run.
    if (forGood && (await this.#lock.isHeld())) await rm(this.file, { force: true });
    await this.#lock.release();
  }
}

/**
 * Opens the journal `file`, creating it and its folders where missing, and locks it against other runs. `header` is what
 * its captions depend on (input, options, bundle): a journal with another header is emptied, and so is any with `fresh`.
 * Throws an OutputError: `journal-busy` where another run holds it.
 */
export async function openJournal(
  file: string,
  header: JsonObject,
  options: { readonly fresh?: boolean } = {},
): Promise<Journal> {
  const folder = path.dirname(file);
  let lock: FileLock | undefined;
  let handle: FileHandle | undefined;
  try {
    await ensureStateFolder(folder);
    lock = await lockFile(file);
    if (options.fresh === true) await rm(file, { force: true });
    // Not 'a+': after a failed append the file is truncated, so writes need explicit positions.
    handle = await open(file, 'r+').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return open(file, 'wx+', 0o600);
      throw error;
    });
    await handle.chmod(0o600).catch(() => undefined); // one of an earlier version
    const journal = new JournalFile(file, handle, lock);
    await journal.load(toLine({ journal: FORMAT, header: JSON.parse(canonical(header)) }));
    await syncFolder(folder);
    return journal;
  } catch (error) {
    await handle?.close();
    await lock?.release();
    throw outputError(error, `open the journal ${file}`);
  }
}
