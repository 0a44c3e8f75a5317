import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { thumbnailOf } from '../../archive/index/thumbnails.ts';
import type { ImageSpec } from '../../core/types.ts';
import { underGuard } from '../../ingest/access/guard.ts';
import { exactImage } from '../../ingest/decode/filters.ts';
import { frameAt } from '../../ingest/decode/frame-at.ts';
import { readPicture } from '../../ingest/decode/still-picture.ts';
import { openMedia } from '../../ingest/open-media.ts';
import { replaceFile } from '../../storage/replace-file.ts';
import { WebError } from '../errors.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { DataFolder } from './data-folder.ts';
import { type AccessLists, guardOf, sourceOf } from './video-source.ts';

/** Pictures that are kept of one video: about 150 MB. Those of later keyframes are decoded again when they are asked for. */
export const MOST_PICTURES = 20_000;

const IMAGE: ImageSpec = { width: 224, height: 224, resize: 'fit', filter: 'bilinear', matrix: 'bt601' };

/** The pictures of keyframes. Most were kept when they were captioned; the others are decoded, one at a time. */
export class Pictures {
  readonly #store: VideoStore;
  readonly #data: DataFolder;
  readonly #lists: AccessLists;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: VideoStore, data: DataFolder, lists: AccessLists, signal: AbortSignal) {
    this.#store = store;
    this.#data = data;
    this.#lists = lists;
    this.#signal = signal;
  }

  /** A file with the picture, or its bytes. Throws `not-there` where the keyframe has no caption. */
  async of(video: StoredVideo, index: number): Promise<string | Buffer> {
    const file = this.#data.picture(video.id, index);
    const kept = await stat(file).catch(() => undefined);
    if (kept !== undefined && kept.size > 0) return file;
    const [caption] = this.#store.captions(video.id, index, 1);
    if (caption?.index !== index) {
      throw new WebError('not-there', `${video.name} has no captioned keyframe ${index}`);
    }
    const made = this.#last.then(() => this.#make(video, caption.time));
    this.#last = made.catch(() => undefined);
    const bytes = await made;
    if (index < MOST_PICTURES) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await replaceFile(file, bytes);
    }
    return bytes;
  }

  async #make(video: StoredVideo, time: number): Promise<Buffer> {
    const guard = await guardOf(video, this.#data, this.#lists);
    return underGuard(guard, await sourceOf(video), async (guarded) => {
      const opened = await openMedia(guarded, { signal: this.#signal });
      try {
        const { media, source } = opened;
        const image = exactImage(media, IMAGE);
        const pixels =
          source.kind === 'picture'
            ? await readPicture(source, image)
            : (await frameAt(source, media, Math.round(time * 1e6), image, this.#signal))?.pixels;
        if (pixels === undefined) throw new WebError('not-there', `${video.name} shows nothing at ${time} s`);
        return await thumbnailOf({ ...image, pixels }, media, image);
      } finally {
        await opened.dispose();
      }
    });
  }
}
