import { createReadStream } from 'node:fs';
import { open, realpath, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, SecondGlanceError } from '../core/errors.ts';
import { OutputError, outputError } from './errors.ts';
import { ByteHash, type TextSink, type Written } from './sink.ts';
import { StreamSink } from './stream-sink.ts';
import { openTempFile, releaseTempFile, removeTempFile, syncFolder, type TempFile, writeAll } from './temp-file.ts';

/** Characters that are buffered before they are written: as many as a pipe takes at once. */
const BUFFERED_CHARACTERS = 65_536;

/** Called when the bytes are durable, right before the temp file is renamed to the target. */
export type OnBeforeRename = (written: Written) => Promise<void>;

/**
 * Converts the text into the output, where that is not the text itself (a video that contains the track): reads the file
 * `text` and writes the file `output`, which exists and is empty. Returns notes for the user, one clause each.
 */
export type Transform = (text: string, output: string) => Promise<readonly string[]>;

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
  #notes: readonly string[] = [];
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
      this.#notes = await transform(text.path, output.path);
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
        await this.#onBeforeRename(this.#written());
        await rename(this.#temp.path, this.scratch);
        this.#state = 'committed';
        releaseTempFile(this.#temp);
        await syncFolder(path.dirname(this.scratch));
      } catch (error) {
        if (error instanceof SecondGlanceError) throw error;
        throw outputError(error, `write ${this.target}`);
      }
    }
    return this.#written();
  }

  #written(): Written {
    return { ...this.#bytes.written(), ...(this.#notes.length === 0 ? {} : { notes: this.#notes }) };
  }

  async discard(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'discarded';
    await this.#writes.catch(() => undefined);
    await removeTempFile(this.#temp);
  }
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
