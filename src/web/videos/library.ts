import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { identify } from '../../captioning/input-identity.ts';
import { printableLine } from '../../core/text/printable.ts';
import { hideAddress } from '../../core/text/secrets.ts';
import { isWebAddress } from '../../core/text/web-address.ts';
import { asInputError, expandInputs } from '../../ingest/sources/sources.ts';
import type { Video, VideoOptions } from '../api/schemas/videos.ts';
import { RefusedRequestError, VideoStateError } from '../errors.ts';
import { type StoredVideo, UNBEGUN } from '../store/documents.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { Captioners } from './captioners.ts';
import type { DataFolder } from './data-folder.ts';
import type { RunQueue } from './run-queue.ts';
import { trackSettings } from './track-settings.ts';
import type { VideoNews } from './video-news.ts';
import type { VideoRunner } from './video-runner.ts';
import { type AccessLists, guardOfLists, oneSource } from './video-source.ts';

/** Videos that one request may add. */
const MOST_IN_FOLDER = 10_000;

/** What a {@link Library} uses. */
export interface LibraryParts {
  readonly store: VideoStore;
  readonly data: DataFolder;
  readonly lists: AccessLists;
  readonly captioners: Captioners;
  readonly runner: VideoRunner;
  readonly queue: RunQueue;
  readonly news: VideoNews;
  /** Removes what was kept of an upload besides the video itself. */
  readonly forgetUpload: (id: string) => Promise<void>;
  /** Ends the jobs of a video. */
  readonly endJobs: (id: string) => Promise<void>;
}

function idOf(facts: object): string {
  return `v${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 24)}`;
}

/** A name for the list: on one line, without characters that change how others are shown. */
export function shownName(name: string): string {
  return printableLine(name).slice(0, 500) || 'video';
}

/** The videos of the server: they are added, paused, cancelled and removed here. */
export class Library {
  readonly #parts: LibraryParts;

  constructor(parts: LibraryParts) {
    this.#parts = parts;
  }

  async #checkOptions(options: VideoOptions): Promise<void> {
    await this.#parts.captioners.check(options.model);
    trackSettings(options, { passes: 2, minConfidence: 0 });
  }

  #add(video: Pick<StoredVideo, 'id' | 'name' | 'source' | 'options'>): StoredVideo {
    const { store, news } = this.#parts;
    const added = store.add({
      ...video,
      ...UNBEGUN,
      state: 'queued',
      added: Date.now(),
    });
    if (added) news.changed(video.id, true);
    return store.get(video.id);
  }

  /**
   * Adds a file of an allowed folder, or all videos below a folder. What was there already with the same options stays as it
   * is. Throws a GuardError, an IngestError, a RefusedRequestError.
   */
  async addPath(input: string, options: VideoOptions): Promise<readonly StoredVideo[]> {
    await this.#checkOptions(options);
    if (!path.isAbsolute(input)) {
      throw new RefusedRequestError('the path is not absolute', [
        { pointer: '/body/source/path', detail: 'is not absolute' },
      ]);
    }
    const guard = await guardOfLists(this.#parts.lists);
    const real = await guard.path(input);
    const isFolder = (await stat(real)).isDirectory();
    const { sources, problems } = await expandInputs([real]);
    if (sources.length === 0) throw problems[0]?.error ?? new RefusedRequestError('there is no video');
    if (sources.length > MOST_IN_FOLDER) {
      throw new RefusedRequestError(`the folder has more than ${MOST_IN_FOLDER} videos: add its folders one by one`);
    }
    const added: StoredVideo[] = [];
    for (const source of sources) {
      // A link in the folder may lead out of it.
      const file = await guard.path(source.input).catch((error: unknown) => {
        if (isFolder) return undefined;
        throw error;
      });
      if (file === undefined) continue;
      const identity = await identify({ ...source, input: file }).catch((error: unknown) => {
        throw asInputError(error, source.label);
      });
      const video = { kind: 'file', input: file, label: shownName(file) } as const;
      added.push(this.#add({ id: idOf({ identity, options }), name: shownName(source.name), source: video, options }));
    }
    this.#parts.queue.fill();
    return added;
  }

  /** Adds an address that the allow-list covers. Throws a GuardError, a RefusedRequestError. */
  async addUrl(address: string, options: VideoOptions): Promise<StoredVideo> {
    await this.#checkOptions(options);
    if (!isWebAddress(address)) {
      throw new RefusedRequestError('the address is no http(s) address', [
        { pointer: '/body/source/url', detail: 'is no http(s) address' },
      ]);
    }
    await (await guardOfLists(this.#parts.lists)).url(address);
    const { name, input } = await oneSource(address);
    const source = { kind: 'url', input, label: shownName(hideAddress(input)) } as const;
    const video = this.#add({ id: idOf({ url: input, options }), name: shownName(name), source, options });
    this.#parts.queue.fill();
    return video;
  }

  /** Checks the options of an upload before it begins. */
  checkOptions(options: VideoOptions): Promise<void> {
    return this.#checkOptions(options);
  }

  /** Adds an upload that is complete, and lies where the data folder has it. */
  addUpload(id: string, name: string, options: VideoOptions): StoredVideo {
    const label = shownName(name);
    const source = { kind: 'upload', input: this.#parts.data.upload(id), label } as const;
    const video = this.#add({ id, name: label, source, options });
    this.#parts.queue.fill();
    return video;
  }

  #expect(video: StoredVideo, states: readonly Video['state'][], what: string): void {
    if (states.includes(video.state)) return;
    throw new VideoStateError('video-state', `${video.name} is ${video.state}: it cannot be ${what}`);
  }

  #change(id: string, change: Partial<StoredVideo>): StoredVideo {
    const { store, news, queue } = this.#parts;
    store.update(id, change);
    news.changed(id, true);
    queue.fill();
    return store.get(id);
  }

  /** Pauses a video that waits or runs. */
  pause(id: string): StoredVideo {
    const { store, queue, news } = this.#parts;
    const video = store.get(id);
    this.#expect(video, ['queued', 'running'], 'paused');
    if (queue.stop(id, 'pause') === undefined) return this.#change(id, { state: 'paused' });
    news.changed(id, true);
    return video;
  }

  /** Queues a paused video again. */
  resume(id: string): StoredVideo {
    this.#expect(this.#parts.store.get(id), ['paused'], 'resumed');
    return this.#change(id, { state: 'queued' });
  }

  /** Cancels a video that has not ended. */
  cancel(id: string): StoredVideo {
    const { store, queue, news } = this.#parts;
    const video = store.get(id);
    this.#expect(video, ['queued', 'running', 'paused'], 'cancelled');
    if (queue.stop(id, 'cancel') === undefined) return this.#change(id, { state: 'cancelled', ended: Date.now() });
    news.changed(id, true);
    return video;
  }

  /** Queues a video that has ended without a complete track again. What it has captions of is not captioned again. */
  retry(id: string): StoredVideo {
    const { store } = this.#parts;
    this.#expect(store.get(id), ['failed', 'partial', 'cancelled'], 'retried');
    store.enqueue(id);
    return this.#change(id, { state: 'queued', problems: [] });
  }

  /** Removes a video, and everything that was made from it. A file of an allowed folder stays. */
  async remove(id: string): Promise<void> {
    const { store, queue, news, data, runner, forgetUpload, endJobs } = this.#parts;
    const video = store.get(id);
    // Out of the queue first, so that it does not begin meanwhile.
    if (video.state !== 'running') store.update(id, { state: 'cancelled' });
    await queue.stop(id, 'cancel');
    await endJobs(id);
    await runner.forget(video);
    if (video.source.kind === 'upload') await forgetUpload(id);
    store.remove(id);
    await rm(data.video(id), { recursive: true, force: true });
    news.removed(id);
    queue.fill();
  }
}
