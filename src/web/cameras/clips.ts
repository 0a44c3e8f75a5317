import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { cutOf, findHit, writeClip } from '../../archive/clips/clip.ts';
import { sourceAt } from '../../archive/recordings/register.ts';
import { isMissing } from '../../core/errors.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { makeProxy } from '../../pipeline/media/proxy.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import { browserType } from '../videos/media-view.ts';
import type { ArchiveConnection } from './archive-connection.ts';

/** Clips that are kept: the last that were asked for. */
const KEPT_CLIPS = 50;
/** What a clip shows before and after a sighting, in milliseconds. */
const MARGINS = { before: 3000, after: 12_000 };

/** Clips of sightings, cut out of their recordings when they are asked for, one after the other. Every browser plays them. */
export class Clips {
  readonly #archive: ArchiveConnection;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();

  /** @param folder where they are kept; it may be missing */
  constructor(archive: ArchiveConnection, folder: string, signal: AbortSignal) {
    this.#archive = archive;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** The file of a sighting's clip. Throws `no-such-hit`, `recording-gone`, and what ffmpeg fails with. */
  async of(id: string): Promise<string> {
    const made = this.#last.then(() => this.#make(id));
    this.#last = made.catch(() => undefined);
    return made;
  }

  async #make(id: string): Promise<string> {
    const signal = this.#signal;
    const found = await this.#archive.use(({ db }) => findHit(db, id));
    // A recording that was replaced has clips of its own.
    const file = path.join(this.#folder, `${found.recording.content.replace(/[^\w-]/g, '_')}-${id}.mp4`);
    const now = new Date();
    try {
      await utimes(file, now, now);
      return file;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await ensureStateFolder(this.#folder);
    const [cut, copy] = [`${file}.cut`, `${file}.new`];
    try {
      await writeClip(found.recording, cutOf(found, MARGINS), cut, signal);
      const source = sourceAt({ path: cut, name: path.basename(file) });
      const media = await probe(source, { signal });
      if (browserType(media) === undefined) {
        await makeProxy(source, media, copy, signal);
        await rename(copy, file);
      } else await rename(cut, file);
    } finally {
      await Promise.all([cut, copy].map((temp) => rm(temp, { force: true })));
    }
    await this.#forgetOld();
    return file;
  }

  async #forgetOld(): Promise<void> {
    const names = await readdir(this.#folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(this.#folder, name);
        return { file, used: (await stat(file)).mtimeMs };
      }),
    );
    const old = files.sort((a, b) => b.used - a.used).slice(KEPT_CLIPS);
    for (const { file } of old) await rm(file, { force: true });
  }
}
