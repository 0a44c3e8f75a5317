import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, realpath, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { errnoOf, SecondGlanceError } from '../core/errors.ts';
import { OutputError, outputError } from './errors.ts';
import { openTempFile, releaseTempFile, removeTempFile, syncFolder, type TempFile, writeAll } from './temp-file.ts';

/** What stands at the end of a track's writing. */
export interface Written {
  readonly bytes: number;
  /** SHA-256 of the bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Where a track's text goes. `write` answers when there is room for more, so a slow disk or reader paces the run.
 * `commit` makes the track complete and durable; `discard` leaves nothing of it, where that is possible. Both may be
 * called again, and after each other, without effect. Every failure is an OutputError.
 */
export interface TextSink {
  /** The file's path as the user knows it, or `-`. */
  readonly target: string;
  /** Folder for side files that the track needs while it is written, and the name to give them. */
  readonly scratch: string;
  write(text: string): Promise<void>;
  commit(): Promise<Written>;
  discard(): Promise<void>;
}

/** Text gathered before it is written: as much as a pipe takes at once. */
const GATHERED_CHARACTERS = 65_536;

class Tally {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  written(): Written {
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }
}

/** Told of a track's bytes when they are durable, right before they appear in the target's place. */
export type OnBeforeRename = (written: Written) => Promise<void>;

/**
 * Makes the target's bytes of a track's text, where they are not the text itself (a video with the track in it): reads
 * the file `text` and writes the file `made`, which stands there empty.
 */
export type Transform = (text: string, made: string) => Promise<void>;

/** Tells one state of a file from another. */
async function mark(file: string): Promise<string> {
  const found = await stat(file).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** A regular file: gathered text goes to a part beside it, which is renamed when complete. */
class FileSink implements TextSink {
  readonly target: string;
  readonly scratch: string;
  /** What stood in the target's place at the start. */
  readonly #found: string;
  readonly #claim: OnBeforeRename;
  readonly #make: Transform | undefined;
  #part: TempFile;
  #tally = new Tally();
  #gathered = '';
  #writes: Promise<void> = Promise.resolve();
  #state: 'open' | 'committed' | 'discarded' = 'open';

  constructor(target: string, file: string, found: string, part: TempFile, claim: OnBeforeRename, make?: Transform) {
    this.target = target;
    this.scratch = file;
    this.#found = found;
    this.#claim = claim;
    this.#make = make;
    this.#part = part;
  }

  async write(text: string): Promise<void> {
    this.#gathered += text;
    if (this.#gathered.length >= GATHERED_CHARACTERS) await this.#flush();
  }

  #flush(): Promise<void> {
    const bytes = Buffer.from(this.#gathered);
    this.#gathered = '';
    this.#writes = this.#writes.then(async () => {
      try {
        await writeAll(this.#part.handle, bytes, null);
        this.#tally.add(bytes);
      } catch (error) {
        throw outputError(error, `write ${this.target}`);
      }
    });
    return this.#writes;
  }

  /** Puts a part that is made of the text in the text's place. */
  async #remake(make: Transform): Promise<void> {
    const text = this.#part;
    const made = await openTempFile(this.scratch);
    try {
      await made.handle.close();
      await make(text.path, made.path);
      const handle = await open(made.path, 'r+');
      await handle.sync();
      await handle.close();
      this.#tally = new Tally();
      for await (const chunk of createReadStream(made.path)) this.#tally.add(chunk as Buffer);
    } catch (error) {
      await removeTempFile(made);
      throw error;
    }
    this.#part = made;
    await removeTempFile(text);
  }

  async commit(): Promise<Written> {
    if (this.#state === 'open') {
      await this.#flush();
      try {
        await this.#part.handle.sync();
        await this.#part.handle.close();
        if (this.#make !== undefined) await this.#remake(this.#make);
        if ((await mark(this.scratch)) !== this.#found) {
          throw new OutputError(
            'output-changed',
            `${this.target} was written by something else meanwhile, and is left as it is`,
          );
        }
        await this.#claim(this.#tally.written());
        await rename(this.#part.path, this.scratch);
        this.#state = 'committed';
        releaseTempFile(this.#part);
        await syncFolder(path.dirname(this.scratch));
      } catch (error) {
        if (error instanceof SecondGlanceError) throw error;
        throw outputError(error, `write ${this.target}`);
      }
    }
    return this.#tally.written();
  }

  async discard(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'discarded';
    await this.#writes.catch(() => undefined);
    await removeTempFile(this.#part);
  }
}

/** Streams that have their listener already: stdout lives on when its sink is done. */
const guarded = new WeakSet<Writable>();

/** Stdout, a pipe, or a device: text goes straight through, since there is nothing to rename. */
class StreamSink implements TextSink {
  readonly target: string;
  readonly scratch: string;
  readonly #stream: Writable;
  readonly #ends: boolean;
  readonly #tally = new Tally();

  constructor(target: string, stream: Writable, ends: boolean) {
    this.target = target;
    this.scratch = path.join(tmpdir(), 'secondglance');
    this.#stream = stream;
    this.#ends = ends;
    // Without a listener, a reader that leaves between two writes would end the process with a stack trace.
    if (!guarded.has(stream)) stream.on('error', () => undefined);
    guarded.add(stream);
  }

  write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error === null || error === undefined) {
          this.#tally.add(bytes);
          resolve();
        } else {
          reject(outputError(error, `write ${this.target === '-' ? 'to standard output' : this.target}`));
        }
      });
    });
  }

  async commit(): Promise<Written> {
    if (this.#ends && !this.#stream.writableEnded) {
      await new Promise<void>((resolve) => this.#stream.end(resolve));
    }
    return this.#tally.written();
  }

  async discard(): Promise<void> {
    if (this.#ends) this.#stream.destroy();
  }
}

/** A sink on an open stream that stays open, as `process.stdout`. */
export function streamSink(stream: Writable): TextSink {
  return new StreamSink('-', stream, false);
}

/**
 * A sink for the file `target`, whose folder must exist. The target changes only on `commit`, in one step, and not if
 * something else wrote it since the sink was opened (`output-changed`). A symbolic link stays one: what it points to
 * is written. A device or a named pipe is written straight through, unless the target's bytes have to be made (`make`).
 */
export async function openFileSink(
  target: string,
  claim: OnBeforeRename = async () => undefined,
  make?: Transform,
): Promise<TextSink> {
  const doing = `write ${target}`;
  try {
    const known = await stat(target).catch(() => undefined);
    if (known?.isDirectory() === true) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    if (known !== undefined && !known.isFile() && make === undefined) {
      const handle = await open(target, 'w');
      return new StreamSink(target, handle.createWriteStream(), true);
    }
    const file = known === undefined ? path.resolve(target) : await realpath(target);
    return new FileSink(target, file, await mark(file), await openTempFile(file), claim, make);
  } catch (error) {
    throw outputError(error, doing);
  }
}

/**
 * One sink for several tracks in a row: what each of them commits or discards leaves the shared one open, and what was
 * written stays. Its owner commits it when all are done.
 */
export function nonClosingSink(sink: TextSink): TextSink {
  const tally = new Tally();
  return {
    target: sink.target,
    scratch: sink.scratch,
    async write(text) {
      await sink.write(text);
      tally.add(Buffer.from(text));
    },
    async commit() {
      return tally.written();
    },
    async discard() {},
  };
}

async function makeFolders(folder: string): Promise<void> {
  // Not mkdir's own `recursive`: Node 20 goes round for ever where a parent exists but takes no folders (/proc).
  const make = async (): Promise<void> => {
    await mkdir(folder).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  };
  try {
    await make();
  } catch (error) {
    const parent = path.dirname(folder);
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    await makeFolders(parent);
    await make();
  }
}

/** Makes `folder` and those above it, where missing. Throws an OutputError. */
export async function ensureFolder(folder: string): Promise<void> {
  const doing = `make the folder ${folder}`;
  try {
    await makeFolders(path.resolve(folder));
  } catch (error) {
    throw outputError(error, doing);
  }
}
