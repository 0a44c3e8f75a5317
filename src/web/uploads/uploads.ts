import { randomBytes } from 'node:crypto';
import { copyFile, link, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server, type Upload } from '@tus/server';
import type { RequestHandler } from 'express';
import { errnoOf, sentenceOf } from '../../core/errors.ts';
import type { Log } from '../../services/service.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import { WebError } from '../errors.ts';
import { known, problemOf } from '../http/problems.ts';
import type { DataFolder } from '../videos/data-folder.ts';
import type { Library } from '../videos/library.ts';
import { type FreeBytes, freeBytes, spaceForUploads } from './disk-space.ts';
import { readCreation, uploadFacts } from './upload-request.ts';

/** How long an unfinished upload can be resumed, and how long a finished one is remembered for clients that missed the answer. */
const KEEP_MS = 7 * 86_400_000;
const ID = /^[0-9a-f]{24}$/;
/** Without GET: the protocol server would send what was uploaded, with the type that the client gave. */
const METHODS = ['OPTIONS', 'POST', 'HEAD', 'PATCH', 'DELETE'];

/** What uploads use. */
export interface UploadParts {
  readonly data: DataFolder;
  readonly library: Library;
  readonly log: Log;
  /** Bytes of one file. */
  readonly limit: number;
  /** The address of the route, as clients have it: `/captions/api/uploads`. */
  readonly address: string;
  readonly free?: FreeBytes;
}

function videoOf(uploadId: string): string {
  return `v${uploadId}`;
}

/** Removes what the protocol keeps of an upload. The video has the file by another name. */
export async function forgetUpload(data: DataFolder, videoId: string): Promise<void> {
  const file = path.join(data.uploads, videoId.slice(1));
  await rm(file, { force: true });
  await rm(`${file}.json`, { force: true });
}

/** Takes uploads by tus 1.0: a client that was cut off goes on where the server has the last byte. */
export class Uploads {
  readonly #parts: UploadParts;
  readonly #store: FileStore;
  readonly #server: Server;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    const { data, address } = parts;
    this.#store = new FileStore({ directory: data.uploads, expirationPeriodInMilliseconds: KEEP_MS });
    this.#server = new Server({
      path: address,
      datastore: this.#store,
      relativeLocation: true,
      maxSize: parts.limit,
      // Without this, every site may ask.
      allowedOrigins: () => false,
      namingFunction: () => randomBytes(12).toString('hex'),
      getFileIdFromRequest: (_, last) => (last !== undefined && ID.test(last) ? last : undefined),
      onUploadFinish: async (_, upload) => {
        await this.#finish(upload);
        return { headers: { 'secondglance-video': videoOf(upload.id) } };
      },
      onResponseError: (_, error) => this.#mapped(error),
    });
  }

  /** The bytes that an upload may have now. */
  space(): Promise<number> {
    return spaceForUploads(this.#parts.data.uploads, this.#parts.free ?? freeBytes);
  }

  #mapped(error: Error | { status_code: number; body: string }): { status_code: number; body: string } | undefined {
    // 501 is an extension of the protocol that is not there.
    if ('status_code' in error && (error.status_code < 500 || error.status_code === 501)) return undefined;
    const cause = error instanceof Error ? error : new Error(error.body.trim());
    const failed = known(cause);
    if (failed.code === 'unexpected') this.#parts.log.error({ err: cause }, 'an upload failed');
    const { status, detail } = problemOf(failed);
    return { status_code: status, body: `${detail}\n` };
  }

  /** Refuses what cannot become a video before a byte of it arrives; the rest is tus. */
  readonly handler: RequestHandler = async (request, response) => {
    if (!METHODS.includes(request.method)) {
      response.set('allow', METHODS.join(', '));
      throw new WebError(
        'method-not-allowed',
        `${request.method} is not for uploads, which take ${METHODS.join(', ')}`,
      );
    }
    if (request.method === 'POST') {
      const { size, options } = readCreation(request, this.#parts.limit);
      await this.#parts.library.checkOptions(options);
      const space = await this.space();
      if (size > space) {
        const [needed, left] = [size, space].map((bytes) => (bytes / 1e9).toFixed(2));
        throw new WebError('upload-no-space', `the file needs ${needed} GB, and the disk has room for ${left} GB`);
      }
    }
    // The protocol server reads the whole path.
    request.url = request.originalUrl;
    await this.#server.handle(request, response);
  };

  async #finish({ id, metadata = {} }: Pick<Upload, 'id' | 'metadata'>): Promise<void> {
    const { data, library } = this.#parts;
    const { name, options } = uploadFacts(metadata as Record<string, string | null>);
    const video = videoOf(id);
    await ensureStateFolder(data.video(video));
    const [from, to] = [path.join(data.uploads, id), data.upload(video)];
    await link(from, to).catch(async (error: unknown) => {
      if (errnoOf(error) === 'EEXIST') return;
      // Some disks have no hard links.
      await copyFile(from, to);
    });
    library.addUpload(video, name, options);
  }

  /** Makes videos of uploads that were complete when the server was killed, and removes those that are too old to be resumed. */
  async recover(isKnown: (videoId: string) => boolean): Promise<void> {
    const { data, log } = this.#parts;
    const now = Date.now();
    for (const name of await readdir(data.uploads).catch(() => [])) {
      const id = name.replace(/\.json$/, '');
      if (!name.endsWith('.json') || !ID.test(id)) continue;
      const video = videoOf(id);
      try {
        const upload = await this.#store.getUpload(id);
        const { mtimeMs } = await stat(path.join(data.uploads, id));
        const complete = upload.size !== undefined && upload.size > 0 && upload.offset === upload.size;
        if (complete && !isKnown(video)) await this.#finish(upload);
        else if (now - mtimeMs > KEEP_MS) await forgetUpload(data, video);
      } catch (error) {
        log.warn({ upload: id, reason: sentenceOf(error) }, 'an unfinished upload cannot be resumed');
        await forgetUpload(data, video);
      }
    }
  }
}
