import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { isMissing, sentenceOf } from '../../core/errors.ts';
import { openFileSink } from '../../storage/file-sink.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import { type ApiCue, type CueList, cues as cuesSchema } from '../api/schemas/cues.ts';
import { RefusedRequestError, WebError } from '../errors.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { DataFolder } from './data-folder.ts';
import type { VideoNews } from './video-news.ts';

/** The revision where there are no edits. */
export const NO_EDITS = 'none';

const editsFile = z.object({ version: z.literal(1), revision: z.string(), saved: z.iso.datetime(), cues: cuesSchema });
type EditsFile = z.infer<typeof editsFile>;

/** Times in whole milliseconds. Throws a RefusedRequestError for a cue that does not end after it starts. */
export function roundedCues(cues: readonly ApiCue[]): ApiCue[] {
  const whole = (seconds: number): number => Math.round(seconds * 1000) / 1000;
  return cues.map((cue, at) => {
    const { start, end } = { start: whole(cue.start), end: whole(cue.end) };
    if (end > start) return { ...cue, start, end };
    throw new RefusedRequestError(`cue ${at + 1} does not end after it starts`, [
      { pointer: `/body/cues/${at}/end`, detail: 'is not after start' },
    ]);
  });
}

function required(ifMatch: string | undefined): string {
  if (ifMatch !== undefined) return ifMatch;
  throw new WebError('edits-unconditional', 'send the revision of the cues as If-Match: GET /videos/{id}/cues has it');
}

/** The quotes and the mark of a weak tag, which proxies may add, do not matter. */
function revisionOf(tag: string): string {
  return tag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
}

/** The cues of videos as people leave them. They are kept beside the model's track, which no edit changes and no rerun overwrites. */
export class Edits {
  readonly #store: VideoStore;
  readonly #data: DataFolder;
  readonly #news: VideoNews;
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(store: VideoStore, data: DataFolder, news: VideoNews) {
    this.#store = store;
    this.#data = data;
    this.#news = news;
  }

  async #read(id: string): Promise<EditsFile | undefined> {
    const file = this.#data.edits(id);
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw new WebError('serve-data', `${file} cannot be read: ${sentenceOf(error)}`, { cause: error });
    });
    if (text === undefined) return undefined;
    try {
      return editsFile.parse(JSON.parse(text));
    } catch (cause) {
      throw new WebError('serve-data', `${file} is damaged: correct it, or move it away`, { cause });
    }
  }

  /** The edits where there are some, else the model's cues; or the ones that are asked for. Throws `not-there` for edits that are not. */
  async cues(id: string, origin?: CueList['origin']): Promise<CueList> {
    const { state, name } = this.#store.get(id);
    const edits = await this.#read(id);
    const revision = edits?.revision ?? NO_EDITS;
    if (edits !== undefined && origin !== 'model')
      return { origin: 'edits', revision, complete: true, cues: edits.cues };
    if (origin === 'edits') throw new WebError('not-there', `${name} has not been edited`);
    return {
      origin: 'model',
      revision,
      complete: state === 'done' || state === 'partial',
      cues: [...this.#store.cues(id)],
    };
  }

  /** One change after the other, so that of two with the same revision only one is made. */
  #inTurn<T>(id: string, act: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(id) ?? Promise.resolve()).then(act);
    const settled = done
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(id) === settled) this.#last.delete(id);
      });
    this.#last.set(id, settled);
    return done;
  }

  async #checkRevision(id: string, ifMatch: string): Promise<void> {
    const current = (await this.#read(id))?.revision ?? NO_EDITS;
    if (revisionOf(ifMatch) === '*' || revisionOf(ifMatch) === current) return;
    throw new WebError('edits-conflict', 'the cues were edited elsewhere since they were loaded here');
  }

  /** Saves edits in place of the revision `ifMatch`. Throws `edits-conflict`, `edits-unconditional`, a RefusedRequestError. */
  async save(id: string, cues: readonly ApiCue[], ifMatch: string | undefined): Promise<CueList> {
    const expected = required(ifMatch);
    return this.#inTurn(id, async () => {
      this.#store.get(id);
      await this.#checkRevision(id, expected);
      const checked = roundedCues(cues).sort((a, b) => a.start - b.start);
      const saved = new Date().toISOString();
      const revision = createHash('sha256')
        .update(JSON.stringify([saved, checked]))
        .digest('hex')
        .slice(0, 16);
      await ensureStateFolder(this.#data.video(id));
      const sink = await openFileSink(this.#data.edits(id), { private: true });
      try {
        await sink.write(`${JSON.stringify({ version: 1, revision, saved, cues: checked })}\n`);
        await sink.commit();
      } catch (error) {
        await sink.discard();
        throw error;
      }
      this.#report(id, revision, true);
      return { origin: 'edits', revision, complete: true, cues: checked };
    });
  }

  /** Goes back to the model's cues. Throws as {@link save}. */
  async remove(id: string, ifMatch: string | undefined): Promise<CueList> {
    const expected = required(ifMatch);
    return this.#inTurn(id, async () => {
      this.#store.get(id);
      await this.#checkRevision(id, expected);
      await rm(this.#data.edits(id), { force: true });
      this.#report(id, NO_EDITS, false);
      return this.cues(id);
    });
  }

  #report(id: string, revision: string, edited: boolean): void {
    this.#store.update(id, { edited });
    this.#news.edits(id, revision, edited);
    this.#news.changed(id, true);
  }
}
