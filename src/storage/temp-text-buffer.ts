import { outputError } from './errors.ts';
import { openTempFile, removeTempFile, writeAll } from './temp-file.ts';

/** Text that is kept on disk until it is wanted, so that memory does not grow with it. */
export interface TempTextBuffer {
  append(text: string): Promise<void>;
  /** All that was appended, in pieces. */
  read(): AsyncIterable<string>;
  /** Removes it. Idempotent. */
  remove(): Promise<void>;
}

const GATHERED_CHARACTERS = 65_536;

/** Opens an empty spool beside the file `beside`, where a track's own part lies too. Throws an OutputError. */
export async function openTempTextBuffer(beside: string): Promise<TempTextBuffer> {
  const part = await openTempFile(beside);
  const doing = `write ${part.path}`;
  let gathered = '';
  let size = 0;

  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(gathered);
    gathered = '';
    try {
      await writeAll(part.handle, bytes, size);
    } catch (error) {
      throw outputError(error, doing);
    }
    size += bytes.length;
  };

  return {
    async append(text) {
      gathered += text;
      if (gathered.length >= GATHERED_CHARACTERS) await flush();
    },
    async *read() {
      await flush();
      // The decoder carries a character that two pieces share over to the next.
      const decoder = new TextDecoder();
      const piece = Buffer.alloc(GATHERED_CHARACTERS);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await part.handle.read(piece, 0, piece.length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        yield decoder.decode(piece.subarray(0, bytesRead), { stream: true });
      }
    },
    remove: () => removeTempFile(part),
  };
}
