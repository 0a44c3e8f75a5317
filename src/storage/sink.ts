import { createHash } from 'node:crypto';

/** The bytes that were written. */
export interface Written {
  readonly bytes: number;
  /** SHA-256 of the bytes, in hexadecimal digits. */
  readonly sha256: string;
  /** What the user should know of the output, one clause each; absent where there is nothing. */
  readonly notes?: readonly string[];
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
  /** `cleanup` runs when the output is in place, while names beside `scratch` can still be used. */
  commit(cleanup?: () => Promise<void>): Promise<Written>;
  discard(): Promise<void>;
}

/** Counts and hashes the bytes that a sink writes. */
export class ByteHash {
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
    async commit(cleanup) {
      await cleanup?.();
      return bytes.written();
    },
    async discard() {},
  };
}
