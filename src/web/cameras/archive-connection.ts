import { statSync } from 'node:fs';
import { zoneOf } from '../../archive/clock/iso-time.ts';
import { type Database, openDatabase, readableError } from '../../archive/index/database.ts';
import type { OpenArchive } from '../../archive/open-archive.ts';
import { isMissing } from '../../core/errors.ts';
import { WebError } from '../errors.ts';

/** How long a change waits for `watch` or `live` to end theirs. */
const BUSY_MS = 2000;

/** Tells files of one name apart. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file);
    return `${dev} ${ino}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The archive that `watch` or `live` fill, open for as long as the server runs: opening checks the whole file. One that takes its
 * place, such as a backup, is opened again.
 */
export class ArchiveConnection {
  readonly #file: string | undefined;
  #open: { readonly db: Database; readonly identity: string | undefined } | undefined;

  /** @param file the state file; undefined where the server was started without one */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Whether the server was started with an archive, be it there yet or not. */
  get configured(): boolean {
    return this.#file !== undefined;
  }

  #database(file: string): Database {
    const identity = identityOf(file);
    if (this.#open !== undefined && this.#open.identity === identity) return this.#open.db;
    this.close();
    const db = openDatabase(file, { create: false });
    // Calls are synchronous: the whole server waits along.
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    this.#open = { db, identity };
    return db;
  }

  /** Does something with the archive. Throws `cameras-off`; `state-missing` and the like. */
  async use<T>(act: (archive: OpenArchive) => T | Promise<T>): Promise<T> {
    const file = this.#file;
    if (file === undefined) throw new WebError('cameras-off', 'the server was started without --state');
    try {
      const db = this.#database(file);
      return await act({ db, file, zone: zoneOf(db) });
    } catch (error) {
      throw readableError(file, error);
    }
  }

  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }
}
