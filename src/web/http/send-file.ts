import { stat } from 'node:fs/promises';
import type { Request, Response } from 'express';
import { errnoOf } from '../../core/errors.ts';
import { openRegular } from '../../core/regular-file.ts';
import { pinFile } from '../../ingest/access/pin-file.ts';
import { asInputError } from '../../ingest/sources/sources.ts';

/** How a file is sent. */
export interface SendOptions {
  readonly type: string;
  /** The name under which a browser saves it; absent for what it shows. */
  readonly download?: string;
  /** How long a browser may keep it, in seconds: only what never changes. */
  readonly maxAge?: number;
}

/** The client has left: a browser that seeks ends its request. */
const LEFT = new Set(['ECONNABORTED', 'ECONNRESET', 'EPIPE']);

/** What an answer with content of users carries: nothing in it runs, whatever it is. */
const INERT = "default-src 'none'; sandbox";

/** The last N bytes of a file that is shorter are all of it (RFC 9110, 14.1.2), which the library below does not know. */
async function allowLongSuffix({ headers }: Request, file: string): Promise<void> {
  const [, bytes] = /^bytes=-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (bytes !== undefined && Number(bytes) > (await stat(file)).size) delete headers.range;
}

/** Sends a file by a path that leads to an open descriptor: it may not be swapped any more. Takes ranges and conditions. */
export async function sendPinned(response: Response, file: string, options: SendOptions): Promise<void> {
  const { type, download, maxAge = 0 } = options;
  response.set('content-security-policy', INERT);
  if (download !== undefined) response.attachment(download);
  response.set('content-type', type);
  await allowLongSuffix(response.req, file);
  const cache = maxAge === 0 ? 'private, no-cache' : `private, max-age=${maxAge}, immutable`;
  // A client that left meanwhile: its answer would wait for ever to be taken.
  if (response.destroyed || response.closed) return;
  await new Promise<void>((resolve, reject) => {
    response.once('close', resolve);
    const how = {
      acceptRanges: true,
      dotfiles: 'allow',
      cacheControl: false,
      headers: { 'cache-control': cache },
    } as const;
    response.sendFile(file, how, (error?: Error) => {
      const gone = error !== undefined && error !== null && LEFT.has(errnoOf(error) ?? '');
      if (error === undefined || error === null || gone || response.closed) resolve();
      else reject(error);
    });
  });
}

/** Sends a regular file of the server. Throws an IngestError where there is none. */
export async function sendFile(response: Response, file: string, options: SendOptions): Promise<void> {
  const opened = await openRegular(file, { follow: false }).catch((error: unknown) => {
    throw asInputError(error, file);
  });
  const pinned = await pinFile(opened, file);
  try {
    await sendPinned(response, pinned.path, options);
  } finally {
    await pinned.close();
  }
}
