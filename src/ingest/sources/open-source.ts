import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sentenceOf } from '../../core/errors.ts';
import { abortedError, IngestError } from '../errors.ts';
import { ffmpegInput } from './ffmpeg-input.ts';
import { isPictureContent } from './sniff.ts';
import type { Source } from './sources.ts';

/** A source that ffmpeg or sharp can open, until it is disposed. */
export interface OpenSource {
  readonly source: Source;
  /** Removes the spooled file. May be called twice. */
  dispose(): Promise<void>;
}

/** Downloads a URL to a file in the system's temporary folder. Throws what went wrong, `aborted`. */
export async function spoolUrl(source: Source, signal: AbortSignal): Promise<OpenSource> {
  const folder = await mkdtemp(join(tmpdir(), 'secondglance-download-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'download');
  // The relay's address, so that the same limits hold as for ffmpeg.
  const { input, failure } = await ffmpegInput(source);
  try {
    const { ok, body, status } = await fetch(input, { signal });
    if (!ok || body === null) throw new Error(`the server answered ${status}`);
    await pipeline(body, createWriteStream(path), { signal });
    return { source: { ...source, kind: 'file', input: path }, dispose };
  } catch (cause) {
    await dispose();
    if (signal.aborted) throw abortedError(source.label);
    const message = `"${source.label}" could not be downloaded (${sentenceOf(cause)}): try again later.`;
    throw failure() ?? new IngestError('unreachable', message, { cause, retryable: true });
  }
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
