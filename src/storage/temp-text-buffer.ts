import { outputError } from './errors.ts';
import { openTempFile, removeTempFile, writeAll } from './temp-file.ts';

/** Text that is buffered on disk, so that memory does not grow with it. */
export interface TempTextBuffer {
  append(text: string): Promise<void>;
  /** All appended text, in chunks. */
  read(): AsyncIterable<string>;
  /** Removes the buffer. Idempotent. */
  remove(): Promise<void>;
}

const BUFFERED_CHARACTERS = 65_536;

/** Creates an empty buffer in the folder of `target`. Throws an OutputError. */
export async function openTempTextBuffer(target: string): Promise<TempTextBuffer> {
  const temp = await openTempFile(target);
  const doing = `write ${temp.path}`;
  let buffered = '';
  let size = 0;

  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(buffered);
    buffered = '';
    try {
      await writeAll(temp.handle, bytes, size);
    } catch (error) {
      throw outputError(error, doing);
    }
    size += bytes.length;
  };

  return {
    async append(text) {
      buffered += text;
      if (buffered.length >= BUFFERED_CHARACTERS) await flush();
    },
    async *read() {
      await flush();
      // The decoder keeps the bytes of a character that is split between two chunks.
      const decoder = new TextDecoder();
      const chunk = Buffer.alloc(BUFFERED_CHARACTERS);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await temp.handle.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        yield decoder.decode(chunk.subarray(0, bytesRead), { stream: true });
      }
    },
    remove: () => removeTempFile(temp),
  };
}
