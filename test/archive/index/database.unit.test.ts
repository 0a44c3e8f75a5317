import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Libsql from 'libsql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, readFact, writeFact } from '../../../src/archive/index/database.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

test('a state file is made where it may be, and found again', () => {
  const file = path.join(folder.path, 'night.db');
  expect(() => openDatabase(file, { create: false })).toThrow(/does not exist: run secondglance watch/);
  const made = openDatabase(file, { create: true });
  writeFact(made, 'zone', 'Europe/Berlin');
  made.close();
  const again = openDatabase(file, { create: false });
  expect(readFact(again, 'zone')).toBe('Europe/Berlin');
  again.exec('PRAGMA user_version = 99');
  again.close();
  expect(() => openDatabase(file, { create: true })).toThrow(/written by a newer secondglance/);
});

test.each([0, 1])("another program's database (of version %i) is refused and stays as it is", async (version) => {
  const file = path.join(folder.path, `other-${version}.db`);
  const other = new Libsql(file);
  other.exec(`CREATE TABLE notes (text TEXT); PRAGMA user_version = ${version}`);
  other.close();
  const before = await readFile(file);
  for (const create of [true, false]) {
    expect(() => openDatabase(file, { create })).toThrow(/is not a state file of secondglance/);
  }
  expect(await readFile(file)).toEqual(before);
});

test('what is no database, and an empty file', async () => {
  const text = path.join(folder.path, 'text.db');
  await writeFile(text, 'dear diary, '.repeat(1000));
  expect(() => openDatabase(text, { create: true })).toThrow(/is not a state file/);
  const empty = path.join(folder.path, 'empty.db');
  await writeFile(empty, '');
  expect(() => openDatabase(empty, { create: false })).toThrow(/is not a state file/);
  openDatabase(empty, { create: true }).close();
});

test('a folder is refused and keeps its permissions; a file that others could read no longer is', async () => {
  const inner = path.join(folder.path, 'inner');
  await mkdir(inner, { mode: 0o755 });
  const { mode } = await stat(inner);
  expect(() => openDatabase(inner, { create: true })).toThrow(expect.objectContaining({ code: 'state-unusable' }));
  expect((await stat(inner)).mode).toBe(mode);
  const file = path.join(folder.path, 'open.db');
  openDatabase(file, { create: true }).close();
  await chmod(file, 0o644);
  openDatabase(file, { create: true }).close();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
