import Libsql from 'libsql';

/** A text in a database is no UTF-8: bytes of it were changed by something other than SQLite. */
export class DamagedTextError extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(value: unknown): unknown {
  if (!(value instanceof ArrayBuffer || value instanceof Uint8Array)) return value;
  try {
    return decoder.decode(value);
  } catch (cause) {
    throw new DamagedTextError('a text in it is no valid UTF-8', { cause });
  }
}

function decodedRow(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, decoded(value)]));
}

/** A prepared statement. */
export interface Statement {
  run(...values: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
}

/** Texts as bytes: libsql ends the whole process on a text that is no UTF-8. */
function withTextAsBytes(sql: string, columns: readonly string[]): string {
  const read = columns.map((column) => {
    const name = `"${column.replaceAll('"', '""')}"`;
    return `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END AS ${name}`;
  });
  return `SELECT ${read.join(', ')} FROM (${sql})`;
}

/** A SQLite database whose damaged texts are errors. It has no columns of bytes. Calls are synchronous. */
export class SafeDatabase {
  readonly #db: Libsql.Database;

  /** Opens a file, and creates it where it is missing. */
  constructor(file: string) {
    this.#db = new Libsql(file);
  }

  prepare(sql: string): Statement {
    const statement = this.#db.prepare(sql);
    const reads = /^\s*SELECT\b/i.test(sql);
    const query = reads
      ? this.#db.prepare(
          withTextAsBytes(
            sql,
            statement.columns().map(({ name }) => name),
          ),
        )
      : statement;
    return {
      run: (...values) => statement.run(...values),
      get: (...values) => decodedRow(query.get(...values)),
      all: (...values) => query.all(...values).map(decodedRow),
    };
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** A function that runs `act` in a transaction. */
  transaction<T>(act: () => T): { immediate(): T } {
    const { immediate } = this.#db.transaction(act);
    return { immediate: () => immediate() };
  }

  /** Ends the use of it. libsql closes the file, and gives up its locks, when the last of its statements has been garbage-collected. */
  close(): void {
    this.#db.close();
  }
}
