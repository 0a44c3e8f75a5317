import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { outputError } from './errors.ts';
import { ByteHash, type TextSink, type Written } from './sink.ts';

/** Streams that have an error listener already: stdout outlives its sink. */
const guarded = new WeakSet<Writable>();

/** Stdout, a pipe or a device: text is written directly, because there is nothing to rename. */
export class StreamSink implements TextSink {
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

  async commit(cleanup?: () => Promise<void>): Promise<Written> {
    if (this.#ends && !this.#stream.writableEnded) {
      await new Promise<void>((resolve) => this.#stream.end(resolve));
    }
    await cleanup?.();
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
