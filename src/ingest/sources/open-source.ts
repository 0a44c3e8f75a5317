import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { abortedError, IngestError } from '../errors.ts';
import { isPictureContent } from './sniff.ts';
import type { Source } from './sources.ts';

/** A source that ffmpeg or sharp can open, until it is disposed. */
export interface OpenSource {
  readonly source: Source;
  /** Removes the spooled file. May be called twice. */
  dispose(): Promise<void>;
}

/**
 * Makes a source openable. Stdin is spooled to a file in the system's temporary folder, because a pipe cannot be read twice or seeked (an MP4 may
 * have its index at the end); other sources are returned unchanged. Throws `empty-file`, `aborted`, `unreadable`.
 */
export async function openSource(
  source: Source,
  options: { readonly signal: AbortSignal; readonly stdin?: Readable },
): Promise<OpenSource> {
  if (source.kind !== 'stdin') return { source, dispose: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'secondglance-stdin-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'stdin');
  try {
    const spool = createWriteStream(path);
    await pipeline(options.stdin ?? process.stdin, spool, { signal: options.signal });
    if (spool.bytesWritten === 0) throw new IngestError('empty-file', 'Nothing came in on stdin.');
  } catch (cause) {
    await dispose();
    if (cause instanceof IngestError) throw cause;
    if (options.signal.aborted) throw abortedError(source.label);
    throw new IngestError('unreadable', `Stdin could not be kept in "${folder}": ${(cause as Error).message}.`, {
      cause,
    });
  }
  const kind = (await isPictureContent(path)) ? 'picture' : 'file';
  return { source: { ...source, kind, input: path }, dispose };
}
