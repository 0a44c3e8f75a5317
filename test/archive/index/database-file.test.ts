import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/archive/index/database.ts';
import type { Statement } from '../../../src/archive/index/safe-database.ts';
import { openStore } from '../../../src/web/store/open-store.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** Reads the column `read` of all rows, and closes the file: where SQLite finds no other connection, it removes the write-ahead log. */
const READER = `
  const Libsql = require('libsql');
  const [file, sql] = process.argv.slice(1);
  const db = new Libsql(file);
  const [{ quick_check }] = db.prepare('SELECT * FROM pragma_quick_check(1)').all();
  console.log([quick_check, ...db.prepare(sql).all().map(({ read }) => read)].join());
  db.close();`;

/** What another process reads, after what an integrity check says. */
async function readElsewhere(file: string, sql: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', READER, file, sql], {
    cwd: import.meta.dirname,
  });
  return stdout.trim();
}

test.each([
  {
    what: 'a state file',
    open: (file: string) => openDatabase(file, { create: true }),
    write: 'INSERT INTO facts VALUES (?, 1)',
    read: 'SELECT name AS read FROM facts ORDER BY name',
  },
  {
    what: 'the database of a server',
    open: openStore,
    write: 'INSERT INTO sessions VALUES (?, 1)',
    read: 'SELECT hash AS read FROM sessions ORDER BY hash',
  },
])(
  '$what that a process opens again is safe from others that read it meanwhile',
  async ({ what, open, write, read }) => {
    const file = path.join(folder.path, `${what}.db`);
    // libsql keeps a closed file open for as long as a statement of it is referenced.
    const kept: Statement[] = [];
    for (const fact of ['a', 'b']) {
      const closed = open(file);
      kept.push(closed.prepare(write));
      kept.at(-1)?.run(fact);
      closed.close();
    }
    const db = open(file);
    kept.push(db.prepare(write));
    expect(await readElsewhere(file, read)).toBe('ok,a,b');
    kept.at(-1)?.run('c');
    expect(await readElsewhere(file, read)).toBe('ok,a,b,c');
    kept.at(-1)?.run('d');
    expect(await readElsewhere(file, read)).toBe('ok,a,b,c,d');
    db.close();
  },
);
