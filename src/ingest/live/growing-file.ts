import { openRegular } from '../../core/regular-file.ts';
import { sleep } from '../../core/time/sleep.ts';

const CHUNK_BYTES = 65_536;
/** How often a file that was read to its end is looked at again, in milliseconds. */
const POLL_MS = 100;

/**
 * Reads a file from position `from` on and waits at its end for more, until the signal aborts. ffmpeg's own `-follow` reads to the end of a
 * transport stream, to learn its length, before it decodes the first frame: of a file that grows there is no end.
 * @throws as {@link openRegular}
 */
export async function* readGrowingFile(file: string, from: number, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const { handle } = await openRegular(file);
  try {
    for (let at = from; !signal.aborted; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      at += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else await sleep(POLL_MS, signal).catch(() => undefined);
    }
  } finally {
    await handle.close();
  }
}
