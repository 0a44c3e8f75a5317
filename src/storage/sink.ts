import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, realpath, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { errnoOf, SecondGlanceError } from '../core/errors.ts';
import { OutputError, outputError } from './errors.ts';
import { openTempFile, releaseTempFile, removeTempFile, syncFolder, type TempFile, writeAll } from './temp-file.ts';

/** The bytes that were written. */
export interface Written {
  readonly bytes: number;
  /** SHA-256 of the bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Where text is written. `write` resolves when there is room for more, so a slow disk or reader sets the pace. `commit`
 * makes the output complete and durable; `discard` removes it, where that is possible. Calling either again, or after the
 * other, has no effect. Every failure is an OutputError.
 */
export interface TextSink {
  /** The path as the user gave it, or `-`. */
  readonly target: string;
  /** A path from which the names of further temp files are derived. */
  readonly scratch: string;
  write(text: string): Promise<void>;
  commit(): Promise<Written>;
  discard(): Promise<void>;
}

/** Characters that are buffered before they are written: as many as a pipe takes at once. */
const BUFFERED_CHARACTERS = 65_536;

/** Counts and hashes bytes. */
class ByteHash {
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

/** Called when the bytes are durable, right before the temp file is renamed to the target. */
export type OnBeforeRename = (written: Written) => Promise<void>;

/**
 * Converts the text into the output, where that is not the text itself (a video that contains the track): reads the file
 * `text` and writes the file `output`, which exists and is empty.
 */
export type Transform = (text: string, output: string) => Promise<void>;

/** Changes whenever the file is written or replaced. */
async function versionOf(file: string): Promise<string> {
  const found = await stat(file).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** A regular file: text is written to a temp file beside it, which is renamed when complete. */
class FileSink implements TextSink {
  readonly target: string;
  readonly scratch: string;
  /** Version of the target when the sink was opened. */
  readonly #initial: string;
  readonly #onBeforeRename: OnBeforeRename;
  readonly #transform: Transform | undefined;
  #temp: TempFile;
  #bytes = new ByteHash();
  #buffered = '';
  #writes: Promise<void> = Promise.resolve();
  #state: 'open' | 'committed' | 'discarded' = 'open';

  constructor(
    target: string,
    file: string,
    initial: string,
    temp: TempFile,
    onBeforeRename: OnBeforeRename,
    transform?: Transform,
  ) {
    this.target = target;
    this.scratch = file;
    this.#initial = initial;
    this.#onBeforeRename = onBeforeRename;
    this.#transform = transform;
    this.#temp = temp;
  }

  async write(text: string): Promise<void> {
    this.#buffered += text;
    if (this.#buffered.length >= BUFFERED_CHARACTERS) await this.#flush();
  }

  #flush(): Promise<void> {
    const bytes = Buffer.from(this.#buffered);
    this.#buffered = '';
    this.#writes = this.#writes.then(async () => {
      try {
        await writeAll(this.#temp.handle, bytes, null);
        this.#bytes.add(bytes);
      } catch (error) {
        throw outputError(error, `write ${this.target}`);
      }
    });
    return this.#writes;
  }

  /** Replaces the text's temp file by that of the output. */
  async #applyTransform(transform: Transform): Promise<void> {
    const text = this.#temp;
    const output = await openTempFile(this.scratch);
    try {
      await output.handle.close();
      await transform(text.path, output.path);
      const handle = await open(output.path, 'r+');
      await handle.sync();
      await handle.close();
      this.#bytes = new ByteHash();
      for await (const chunk of createReadStream(output.path)) this.#bytes.add(chunk as Buffer);
    } catch (error) {
      await removeTempFile(output);
      throw error;
    }
    this.#temp = output;
    await removeTempFile(text);
  }

  async commit(): Promise<Written> {
    if (this.#state === 'open') {
      await this.#flush();
      try {
        await this.#temp.handle.sync();
        await this.#temp.handle.close();
        if (this.#transform !== undefined) await this.#applyTransform(this.#transform);
        if ((await versionOf(this.scratch)) !== this.#initial) {
          throw new OutputError(
            'output-changed',
            `another program wrote ${this.target} in the meantime; it is left unchanged`,
          );
        }
        await this.#onBeforeRename(this.#bytes.written());
        await rename(this.#temp.path, this.scratch);
        this.#state = 'committed';
        releaseTempFile(this.#temp);
        await syncFolder(path.dirname(this.scratch));
      } catch (error) {
        if (error instanceof SecondGlanceError) throw error;
        throw outputError(error, `write ${this.target}`);
      }
    }
    return this.#bytes.written();
  }

  async discard(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'discarded';
    await this.#writes.catch(() => undefined);
    await removeTempFile(this.#temp);
  }
}

/** Streams that have an error listener already: stdout outlives its sink. */
const guarded = new WeakSet<Writable>();

/** Stdout, a pipe or a device: text is written directly, because there is nothing to rename. */
class StreamSink implements TextSink {
  readonly target: string;
  readonly scratch: string;
  readonly #stream: Writable;
  readonly #ends: boolean;
  readonly #bytes = new ByteHash();

  constructor(target: string, stream: Writable, ends: boolean) {
    this.target = target;
    this.scratch = path.join(tmpdir(), 'secondglance');
    this.#stream = stream;
    this.#ends = ends;
    // Without a listener, a reader that closes the pipe between two writes would crash the process.
    if (!guarded.has(stream)) stream.on('error', () => undefined);
    guarded.add(stream);
  }

  write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error === null || error === undefined) {
          this.#bytes.add(bytes);
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
    return this.#bytes.written();
  }

  async discard(): Promise<void> {
    if (this.#ends) this.#stream.destroy();
  }
}

/** A sink for a stream that stays open, such as `process.stdout`. */
export function streamSink(stream: Writable): TextSink {
  return new StreamSink('-', stream, false);
}

/**
 * A sink for the file `target`, whose folder must exist. The target changes only on `commit`, atomically, and not if
 * another program wrote it since the sink was opened (`output-changed`). A symbolic link is kept, and the file that it
 * points to is written. A device or a named pipe is written directly, unless there is a `transform`.
 */
export async function openFileSink(
  target: string,
  onBeforeRename: OnBeforeRename = async () => undefined,
  transform?: Transform,
): Promise<TextSink> {
  const doing = `write ${target}`;
  try {
    const known = await stat(target).catch(() => undefined);
    if (known?.isDirectory() === true) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    if (known !== undefined && !known.isFile() && transform === undefined) {
      const handle = await open(target, 'w');
      return new StreamSink(target, handle.createWriteStream(), true);
    }
    const file = known === undefined ? path.resolve(target) : await realpath(target);
    return new FileSink(target, file, await versionOf(file), await openTempFile(file), onBeforeRename, transform);
  } catch (error) {
    throw outputError(error, doing);
  }
}

/**
 * A view of a sink that several tracks are written to, one after the other: committing or discarding it leaves the sink
 * open, with what was written. The sink's owner commits it at the end.
 */
export function nonClosingSink(sink: TextSink): TextSink {
  const bytes = new ByteHash();
  return {
    target: sink.target,
    scratch: sink.scratch,
    async write(text) {
      await sink.write(text);
      bytes.add(Buffer.from(text));
    },
    async commit() {
      return bytes.written();
    },
    async discard() {},
  };
}

async function makeFolders(folder: string): Promise<void> {
  // Not mkdir's `recursive`: Node 20 loops forever where a parent exists but cannot contain folders (/proc).
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

/** Creates `folder` and its parents, where missing. Throws an OutputError. */
export async function ensureFolder(folder: string): Promise<void> {
  const doing = `create the folder ${folder}`;
  try {
    await makeFolders(path.resolve(folder));
  } catch (error) {
    throw outputError(error, doing);
  }
}
