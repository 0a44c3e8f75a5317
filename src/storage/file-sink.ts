import { createReadStream } from 'node:fs';
import { open, realpath, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { SecondGlanceError } from '../core/errors.ts';
import { OutputError, outputError } from './errors.ts';
import { type CheckedFolder, type FolderCheck, openCheckedFolder } from './folders/checked-folder.ts';
import { statIfPresent } from './kind-of.ts';
import { openPipe } from './open-pipe.ts';
import { ByteHash, type TextSink, type Written } from './sink.ts';
import { StreamSink } from './stream-sink.ts';
import { openTempFile, releaseTempFile, removeTempFile, syncFolder, type TempFile, writeAll } from './temp-file.ts';

/** Characters that are buffered before they are written: as many as a pipe takes at once. */
const BUFFERED_CHARACTERS = 65_536;

/**
 * Called when the bytes are durable, right before the temp file is renamed to `place`: the target, below an open folder where that was checked.
 * Returns notes for the user, one clause each.
 */
export type OnBeforeRename = (written: Written, place: string) => Promise<readonly string[]>;

/**
 * Converts the text into the output, where that is not the text itself (a video that contains the track): reads the file
 * `text` and writes the file `output`, which exists and is empty. Returns notes for the user, one clause each.
 */
export type Transform = (text: string, output: string) => Promise<readonly string[]>;

/** How a file is written. */
export interface FileSinkOptions {
  readonly onBeforeRename?: OnBeforeRename | undefined;
  readonly transform?: Transform | undefined;
  /** Checks the folder that is written to, which is created where it is missing. */
  readonly checkFolder?: FolderCheck | undefined;
  /** Only this user may read the file. */
  readonly private?: boolean;
  /** Ends waiting for the reader of a pipe. */
  readonly signal?: AbortSignal | undefined;
}

interface SinkPlace {
  readonly target: string;
  /** What is written; its folder is open where it was checked. */
  readonly file: string;
  readonly folder?: CheckedFolder;
}

/** Changes whenever the file is written or replaced. */
async function versionOf(file: string): Promise<string> {
  const found = await statIfPresent(file);
  return found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** A regular file: text is written to a temp file beside it, which is renamed when complete. */
class FileSink implements TextSink {
  readonly target: string;
  readonly scratch: string;
  /** Version of the target when the sink was opened. */
  readonly #initial: string;
  readonly #options: FileSinkOptions;
  readonly #folder: CheckedFolder | undefined;
  #temp: TempFile;
  #bytes = new ByteHash();
  #notes: readonly string[] = [];
  #buffered = '';
  #writes: Promise<void> = Promise.resolve();
  #state: 'open' | 'committed' | 'discarded' = 'open';

  constructor(place: SinkPlace, initial: string, temp: TempFile, options: FileSinkOptions) {
    this.target = place.target;
    this.scratch = place.file;
    this.#folder = place.folder;
    this.#initial = initial;
    this.#options = options;
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

  async commit(cleanup?: () => Promise<void>): Promise<Written> {
    if (this.#state === 'open') {
      await this.#flush();
      try {
        await this.#temp.handle.sync();
        await this.#temp.handle.close();
        const { transform, onBeforeRename } = this.#options;
        if (transform !== undefined) await this.#applyTransform(transform);
        if ((await versionOf(this.scratch)) !== this.#initial) {
          throw new OutputError(
            'output-changed',
            `another program wrote ${this.target} in the meantime; it is left unchanged`,
          );
        }
        this.#notes = [...this.#notes, ...((await onBeforeRename?.(this.#written(), this.scratch)) ?? [])];
        await rename(this.#temp.path, this.scratch);
        this.#state = 'committed';
        releaseTempFile(this.#temp);
        await syncFolder(path.dirname(this.scratch));
        await cleanup?.();
        await this.#folder?.close();
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
    await this.#folder?.close();
  }
}

/** Opens the folder of a file that is checked, and gives the path under which the file is written from then on. */
async function placeOf(target: string, file: string, check: FolderCheck | undefined): Promise<SinkPlace> {
  if (check === undefined) return { target, file };
  const folder = await openCheckedFolder(path.dirname(file), check);
  return { target, file: path.join(folder.path, path.basename(file)), folder };
}

/**
 * A sink for the file `target`, whose folder must exist, unless it is checked. The target changes only on `commit`, atomically, and not if
 * another program wrote it since the sink was opened (`output-changed`). A symbolic link is kept, and the file that it
 * points to is written. A device or a named pipe is written directly, unless there is a `transform` or a check.
 */
export async function openFileSink(target: string, options: FileSinkOptions = {}): Promise<TextSink> {
  const { transform, checkFolder, signal } = options;
  let place: SinkPlace | undefined;
  try {
    const known = await stat(target).catch(() => undefined);
    if (known?.isDirectory() === true) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    if (known !== undefined && !known.isFile()) {
      if (checkFolder !== undefined) {
        throw new OutputError('output-outside', `${target} is not written to: it is no regular file`);
      }
      if (transform === undefined && known.isFIFO())
        return new StreamSink(target, await openPipe(target, signal), true);
      if (transform === undefined) {
        const handle = await open(target, 'w');
        return new StreamSink(target, handle.createWriteStream(), true);
      }
    }
    place = await placeOf(target, known === undefined ? path.resolve(target) : await realpath(target), checkFolder);
    const temp = await openTempFile(place.file, options.private === true ? 0o600 : undefined);
    return new FileSink(place, await versionOf(place.file), temp, options);
  } catch (error) {
    await place?.folder?.close();
    if (signal?.aborted) throw signal.reason;
    if (error instanceof SecondGlanceError) throw error;
    throw outputError(error, `write ${target}`);
  }
}

/** Writes a whole text to a file of ours, which only its owner can read, durably. Its folder must exist. Throws an OutputError. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const sink = await openFileSink(file, { private: true });
  try {
    await sink.write(text);
    await sink.commit();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
