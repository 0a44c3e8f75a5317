import type { SafeDatabase, Statement } from '../../archive/index/safe-database.ts';
import type { Video } from '../api/schemas/videos.ts';
import { UnknownVideoError } from '../errors.ts';
import type { StoredCaption, StoredCue, StoredVideo } from './documents.ts';
import { openStore, storeError } from './open-store.ts';

/** Which videos a list has. */
export interface ListRequest {
  readonly limit: number;
  /** Those that were added before this one. */
  readonly before?: number | undefined;
  readonly search?: string | undefined;
  readonly state?: Video['state'] | undefined;
}

/** A page of a list, newest first; `next` is what comes `before` the next page. */
export interface ListedVideos {
  readonly videos: readonly StoredVideo[];
  readonly total: number;
  readonly next?: number;
}

interface Row {
  readonly seq: number;
  readonly doc: string;
}

/** Folds a name for a search that does not look at case. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Videos, their captions and their cues. Calls are synchronous and short; every one is durable, but for a power cut. */
export class VideoStore {
  readonly #file: string;
  readonly #db: SafeDatabase;
  readonly #statements = new Map<string, Statement>();

  /** Opens the database of a data folder. Throws `serve-data`. */
  constructor(file: string) {
    this.#file = file;
    this.#db = openStore(file);
  }

  #run<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw error instanceof UnknownVideoError ? error : storeError(this.#file, error);
    }
  }

  #sql(text: string): Statement {
    const known = this.#statements.get(text) ?? this.#db.prepare(text);
    this.#statements.set(text, known);
    return known;
  }

  /** Adds a video at the end of the queue. False where it is there already. */
  add(video: StoredVideo): boolean {
    return this.#run(() => {
      const sql = `INSERT INTO videos (id, folded, state, queued, doc)
        SELECT ?, ?, ?, coalesce(max(queued), 0) + 1, ? FROM videos WHERE true ON CONFLICT (id) DO NOTHING`;
      return this.#sql(sql).run(video.id, folded(video.name), video.state, JSON.stringify(video)).changes > 0;
    });
  }

  find(id: string): StoredVideo | undefined {
    return this.#run(() => {
      const row = this.#sql('SELECT doc FROM videos WHERE id = ?').get(id) as { doc: string } | undefined;
      return row === undefined ? undefined : (JSON.parse(row.doc) as StoredVideo);
    });
  }

  /** Throws `video-unknown`. */
  get(id: string): StoredVideo {
    const video = this.find(id);
    if (video === undefined) throw new UnknownVideoError(id);
    return video;
  }

  /** Changes a video and returns it as it is then. Throws `video-unknown`. */
  update(id: string, change: Partial<StoredVideo>): StoredVideo {
    return this.#run(() => {
      const changed = { ...this.get(id), ...change };
      this.#sql('UPDATE videos SET state = ?, doc = ? WHERE id = ?').run(changed.state, JSON.stringify(changed), id);
      return changed;
    });
  }

  /** Puts a video at the end of the queue. */
  enqueue(id: string): void {
    this.#run(() => {
      this.#sql('UPDATE videos SET queued = (SELECT max(queued) + 1 FROM videos) WHERE id = ?').run(id);
    });
  }

  remove(id: string): void {
    this.#run(() => {
      const all = this.#db.transaction(() => {
        for (const table of ['captions', 'cues']) this.#sql(`DELETE FROM ${table} WHERE video = ?`).run(id);
        this.#sql('DELETE FROM videos WHERE id = ?').run(id);
      });
      all.immediate();
    });
  }

  list({ limit, before, search, state }: ListRequest): ListedVideos {
    return this.#run(() => {
      const where = ['true'];
      const values: unknown[] = [];
      if (search !== undefined && search !== '') {
        where.push('instr(folded, ?) > 0');
        values.push(folded(search));
      }
      if (state !== undefined) {
        where.push('state = ?');
        values.push(state);
      }
      const filter = where.join(' AND ');
      const count = this.#sql(`SELECT count(*) AS total FROM videos WHERE ${filter}`).get(...values);
      const page = before === undefined ? filter : `${filter} AND seq < ?`;
      const rows = this.#sql(`SELECT seq, doc FROM videos WHERE ${page} ORDER BY seq DESC LIMIT ?`).all(
        ...values,
        ...(before === undefined ? [] : [before]),
        limit + 1,
      ) as Row[];
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        videos: shown.map(({ doc }) => JSON.parse(doc) as StoredVideo),
        total: (count as { total: number }).total,
        ...(rows.length > limit && last !== undefined ? { next: last.seq } : {}),
      };
    });
  }

  /** How many videos are in a state. */
  count(state: Video['state']): number {
    return this.#run(() => {
      const row = this.#sql('SELECT count(*) AS total FROM videos WHERE state = ?').get(state);
      return (row as { total: number }).total;
    });
  }

  /** The next videos of the queue. */
  queued(limit: number): readonly StoredVideo[] {
    return this.#run(() => {
      const rows = this.#sql("SELECT doc FROM videos WHERE state = 'queued' ORDER BY queued LIMIT ?").all(
        limit,
      ) as Row[];
      return rows.map(({ doc }) => JSON.parse(doc) as StoredVideo);
    });
  }

  /** Videos that were running when the server was killed are queued again, in front of the others. */
  requeueRunning(): void {
    this.#run(() => {
      const rows = this.#sql("SELECT doc FROM videos WHERE state = 'running'").all() as Row[];
      for (const { doc } of rows) this.update((JSON.parse(doc) as StoredVideo).id, { state: 'queued' });
    });
  }

  /** Forgets the captions and cues of a video that begins again. */
  clearTrack(id: string): void {
    this.#run(() => {
      for (const table of ['captions', 'cues']) this.#sql(`DELETE FROM ${table} WHERE video = ?`).run(id);
    });
  }

  addCaption(id: string, caption: StoredCaption): void {
    this.#put('captions', id, caption.index, caption);
  }

  addCue(id: string, position: number, cue: StoredCue): void {
    this.#put('cues', id, position, cue);
  }

  /** Captions from an index on, in order. */
  captions(id: string, from: number, limit: number): readonly StoredCaption[] {
    return this.#docs('captions', id, from, limit) as StoredCaption[];
  }

  /** Cues from a position on, in order. */
  cues(id: string, from = 0, limit = 1e9): readonly StoredCue[] {
    return this.#docs('cues', id, from, limit) as StoredCue[];
  }

  #put(table: 'captions' | 'cues', id: string, at: number, doc: object): void {
    this.#run(() => {
      this.#sql(`INSERT OR REPLACE INTO ${table} (video, at, doc) VALUES (?, ?, ?)`).run(id, at, JSON.stringify(doc));
    });
  }

  #docs(table: 'captions' | 'cues', id: string, from: number, limit: number): unknown[] {
    return this.#run(() => {
      const sql = `SELECT doc FROM ${table} WHERE video = ? AND at >= ? ORDER BY at LIMIT ?`;
      const rows = this.#sql(sql).all(id, from, limit) as { doc: string }[];
      return rows.map(({ doc }) => JSON.parse(doc) as unknown);
    });
  }

  /** Remembers a session until `expires`, and forgets those that have expired. */
  putSession(hash: string, expires: number): void {
    this.#run(() => {
      this.#sql('DELETE FROM sessions WHERE expires < ?').run(Date.now());
      this.#sql('INSERT OR REPLACE INTO sessions (hash, expires) VALUES (?, ?)').run(hash, expires);
    });
  }

  hasSession(hash: string): boolean {
    return this.#run(
      () =>
        this.#sql('SELECT expires FROM sessions WHERE hash = ? AND expires >= ?').get(hash, Date.now()) !== undefined,
    );
  }

  removeSession(hash: string): void {
    this.#run(() => {
      this.#sql('DELETE FROM sessions WHERE hash = ?').run(hash);
    });
  }

  close(): void {
    this.#db.close();
  }
}
