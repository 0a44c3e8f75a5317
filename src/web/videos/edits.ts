import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { isMissing, sentenceOf } from '../../core/errors.ts';
import { writePrivateFile } from '../../storage/file-sink.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import { formatRevision, NO_EDITS, parseRevision, type Revision } from '../api/revision.ts';
import { type ApiCue, type CueList, cues as cuesSchema } from '../api/schemas/cues.ts';
import { RefusedRequestError, WebError } from '../errors.ts';
import { namedTags } from '../http/conditions.ts';
import type { StoredVideo } from '../store/documents.ts';
import { Turns } from '../store/turns.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { DataFolder } from './data-folder.ts';
import type { VideoNews } from './video-news.ts';

const editsFile = z.object({
  version: z.literal(1),
  revision: z.string(),
  saved: z.iso.datetime(),
  /**
   * Present where the track was still growing when it was edited: the start of the model's last cue that the edits have seen, in
   * milliseconds, or -1. The cues of the model after it follow the edits.
   */
  through: z.int().min(-1).optional(),
  cues: cuesSchema,
});
type EditsFile = z.infer<typeof editsFile>;

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

/** Times in whole milliseconds. Throws a RefusedRequestError for a cue that does not end after it starts. */
export function roundedCues(cues: readonly ApiCue[]): ApiCue[] {
  const whole = (seconds: number): number => milliseconds(seconds) / 1000;
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

/** The cues of videos as people leave them. They are kept beside the model's track, which no edit changes and no rerun overwrites. */
export class Edits {
  readonly #store: VideoStore;
  readonly #data: DataFolder;
  readonly #news: VideoNews;
  /** One change of a video after the other, so that of two with the same revision only one is made. */
  readonly #turns = new Turns();

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

  /**
   * The edits where there are some, else the model's cues; or the ones that are asked for. Edits of a track that was still growing
   * are followed by the cues that were added since. Throws `not-there` for edits that are not.
   */
  async cues(id: string, origin?: CueList['origin']): Promise<CueList> {
    this.#store.get(id);
    const edits = await this.#read(id);
    return this.#list(this.#store.get(id), edits, origin);
  }

  #list({ id, state, name, begun }: StoredVideo, edits: EditsFile | undefined, origin?: CueList['origin']): CueList {
    const base = edits?.revision ?? NO_EDITS;
    const run = begun?.toString(36);
    const complete = state === 'done' || state === 'partial';
    const edited = edits !== undefined && origin !== 'model';
    if (edited && edits.through === undefined) {
      return { origin: 'edits', revision: formatRevision({ edits: base }), complete: true, cues: edits.cues };
    }
    if (origin === 'edits' && !edited) throw new WebError('not-there', `${name} has not been edited`);
    const seen = edited ? (edits.through ?? -1) : -1;
    const added = this.#store.cues(id).filter(({ start }) => milliseconds(start) > seen);
    const last = added.at(-1);
    const through = complete ? undefined : last === undefined ? seen : milliseconds(last.start);
    return {
      origin: edited ? 'edits' : 'model',
      revision: formatRevision({ edits: base, run, through }),
      complete,
      cues: edited ? [...edits.cues, ...added].sort((a, b) => a.start - b.start) : added,
    };
  }

  /** Returns the revision that a request goes out from. Throws `edits-conflict` where it is not the current one. */
  async #expect(id: string, ifMatch: string): Promise<Revision> {
    const current = parseRevision((await this.cues(id)).revision);
    const named = namedTags(ifMatch).map(parseRevision);
    if (named.some(({ edits }) => edits === '*')) return current;
    const expected = named.find(({ edits }) => edits === current.edits);
    if (expected === undefined) {
      throw new WebError('edits-conflict', 'the cues were edited elsewhere since they were loaded here');
    }
    // What was complete has been captioned again: its gaps may have been filled.
    const again = expected.run !== undefined && expected.through === undefined && expected.run !== this.#run(id);
    if (again) throw new WebError('edits-conflict', 'the video was captioned again since the cues were loaded here');
    return expected;
  }

  #run(id: string): string | undefined {
    return this.#store.get(id).begun?.toString(36);
  }

  /** Saves edits in place of the revision `ifMatch`. Throws `edits-conflict`, `edits-unconditional`, a RefusedRequestError. */
  async save(id: string, cues: readonly ApiCue[], ifMatch: string | undefined): Promise<CueList> {
    const expected = required(ifMatch);
    return this.#turns.take(id, async () => {
      this.#store.get(id);
      const { through } = await this.#expect(id, expected);
      const checked = roundedCues(cues).sort((a, b) => a.start - b.start);
      const saved = new Date().toISOString();
      const revision = createHash('sha256')
        .update(JSON.stringify([saved, checked]))
        .digest('hex')
        .slice(0, 16);
      await ensureStateFolder(this.#data.video(id));
      const seen = through === undefined ? {} : { through };
      const text = `${JSON.stringify({ version: 1, revision, saved, ...seen, cues: checked })}\n`;
      await writePrivateFile(this.#data.edits(id), text);
      this.#report(id, revision, true);
      return this.cues(id);
    });
  }

  /** Goes back to the model's cues. Throws as {@link save}. */
  async remove(id: string, ifMatch: string | undefined): Promise<CueList> {
    const expected = required(ifMatch);
    return this.#turns.take(id, async () => {
      this.#store.get(id);
      await this.#expect(id, expected);
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
