import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Caption } from '../core/types.ts';
import { OutputError, outputError } from './errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { ensureFolder } from './sink.ts';
import { syncFolder, writeAll } from './temp-file.ts';

/** Version of the journal's format; another one is started afresh. */
const FORMAT = 1;
const NEW_LINE = 10;
const CHUNK_BYTES = 65_536;

/**
 * The captions of one input's finished groups, kept on disk until its tracks are complete. What was appended survives
 * a kill -9 at any point; what was only being appended is there as a whole or not at all.
 */
export interface Journal {
  readonly file: string;
  /** Number of durable groups. */
  readonly size: number;
  /** True where the group's captions are durable. */
  has(group: number): boolean;
  /** The captions of a durable group, read from disk; undefined where it is not durable. */
  read(group: number): Promise<readonly Caption[] | undefined>;
  /** Answers when the group's captions are durable. A group that already is keeps its captions. */
  append(group: number, captions: readonly Caption[]): Promise<void>;
  /** Ends work on the journal and keeps it for a later run. Idempotent. */
  close(): Promise<void>;
  /** Ends work on the journal and deletes it: its tracks are complete. Idempotent. */
  remove(): Promise<void>;
}

interface Place {
  readonly at: number;
  readonly length: number;
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

/** A record's line, without the line feed: its own checksum comes first, over the record without it. */
function toLine(record: object): string {
  const body = JSON.stringify(record);
  return `{"sum":"${checksum(body)}",${body.slice(1)}`;
}

/** The record of a line, or undefined where the line is not whole. */
function fromLine(line: string): unknown {
  const match = /^\{"sum":"([0-9a-f]{16})",(.*)$/s.exec(line);
  const body = `{${match?.[2] ?? ''}`;
  return match !== null && match[1] === checksum(body) ? JSON.parse(body) : undefined;
}

/** The same text for equal values, whatever the order of their keys. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Every line that ends with a line feed, with its place. A torn last line does not come. */
async function* linesOf(handle: FileHandle): AsyncGenerator<Place & { readonly text: string }> {
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
  readonly #places = new Map<number, Place>();
  #end = 0;
  #last: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  constructor(file: string, handle: FileHandle, lock: FileLock) {
    this.file = file;
    this.#handle = handle;
    this.#lock = lock;
  }

  /** Finds the durable groups, and cuts off whatever follows the last whole line. A foreign header empties the file. */
  async load(header: string): Promise<void> {
    let isHeader = true;
    for await (const { at, length, text } of linesOf(this.#handle)) {
      if (isHeader) {
        if (text !== header) break;
        isHeader = false;
      } else {
        const record = fromLine(text);
        if (typeof record !== 'object' || record === null || !('group' in record)) break;
        if (typeof record.group === 'number' && !this.#places.has(record.group)) {
          this.#places.set(record.group, { at, length });
        }
      }
      this.#end = at + length + 1;
    }
    await this.#handle.truncate(this.#end);
    if (isHeader) await this.#write(header);
    await this.#handle.sync();
  }

  async #write(line: string): Promise<Place> {
    const bytes = Buffer.from(`${line}\n`);
    const place = { at: this.#end, length: bytes.length - 1 };
    try {
      await writeAll(this.#handle, bytes, this.#end);
      await this.#handle.datasync();
    } catch (error) {
      // What a full disk took of the line must not stand before the next one.
      await this.#handle.truncate(this.#end).catch(() => undefined);
      throw error;
    }
    this.#end += bytes.length;
    return place;
  }

  get size(): number {
    return this.#places.size;
  }

  has(group: number): boolean {
    return this.#places.has(group);
  }

  async read(group: number): Promise<readonly Caption[] | undefined> {
    const place = this.#places.get(group);
    if (place === undefined) return undefined;
    const bytes = Buffer.alloc(place.length);
    try {
      await this.#handle.read(bytes, 0, place.length, place.at);
    } catch (error) {
      throw outputError(error, `read the journal ${this.file}`);
    }
    const record = fromLine(bytes.toString());
    // The checksum vouches for what this class itself wrote.
    if (record === undefined) throw outputError(new Error('it has changed meanwhile'), `read the journal ${this.file}`);
    return (record as { readonly captions: readonly Caption[] }).captions;
  }

  append(group: number, captions: readonly Caption[]): Promise<void> {
    const write = async (): Promise<void> => {
      if (this.#places.has(group)) return;
      if (!this.#lock.held()) {
        throw new OutputError(
          'journal-lost',
          'this run stood still so long that another took over its work: let that one finish, or run it again',
        );
      }
      try {
        this.#places.set(group, await this.#write(toLine({ group, captions })));
      } catch (error) {
        throw outputError(error, `write the journal ${this.file}`);
      }
    };
    const written = this.#last.then(write);
    this.#last = written.catch(() => undefined);
    return written;
  }

  close(): Promise<void> {
    this.#ending ??= this.#leave(false);
    return this.#ending;
  }

  remove(): Promise<void> {
    this.#ending ??= this.#leave(true);
    return this.#ending;
  }

  async #leave(forGood: boolean): Promise<void> {
    await this.#last;
    await this.#handle.close();
    // Another run may have taken over; the file is that one's then.
    if (forGood && this.#lock.held()) await rm(this.file, { force: true });
    await this.#lock.release();
  }
}

/**
 * Opens the journal `file`, made with its folders where missing, and locks it against other runs. `header` says what
 * its captions depend on (input, options, bundle): a journal with another header is emptied, as is any with `fresh`.
 * Throws an OutputError: `journal-busy` where a living run holds it.
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
    await ensureFolder(folder);
    lock = await lockFile(file);
    if (options.fresh === true) await rm(file, { force: true });
    // Not 'a+': a failed append is cut off and written over, so positions must be ours to choose.
    handle = await open(file, 'r+').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return open(file, 'wx+');
      throw error;
    });
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
