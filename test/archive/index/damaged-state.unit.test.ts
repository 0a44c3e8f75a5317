import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backUp } from '../../../src/archive/index/backups.ts';
import { openDatabase, readableError, readFact, writeFact } from '../../../src/archive/index/database.ts';
import { cameraId, cameraNames } from '../../../src/archive/recordings/recordings.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

function made(name: string, cameras = 3): string {
  const file = path.join(folder.path, name);
  const db = openDatabase(file, { create: true });
  for (let n = 0; n < cameras; n += 1) cameraId(db, `camera ${n} ${'x'.repeat(200)}`);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return file;
}

test('a text that is no UTF-8 is an error, and does not end the process', () => {
  const file = made('text.db');
  const db = openDatabase(file, { create: false });
  db.exec("UPDATE cameras SET name = cast(x'66ff' AS text) WHERE id = 2");
  let thrown: unknown;
  try {
    cameraNames(db);
  } catch (error) {
    thrown = readableError(file, error);
  }
  db.close();
  expect(thrown).toMatchObject({
    code: 'state-damaged',
    message: expect.stringMatching(
      /text\.db is damaged \(.*UTF-8\): stop watch, move it away .*describes the recordings again/,
    ),
  });
});

test('damaged pages are found when the file is opened; the message names the backup', async () => {
  const file = made('pages.db', 400);
  const db = openDatabase(file, { create: true });
  backUp(db, file);
  db.close();
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  for (let at = 8192; at < size; at += 4096) await handle.write(Buffer.alloc(512, 0xff), 0, 512, at);
  await handle.close();
  for (const create of [true, false]) {
    expect(() => openDatabase(file, { create })).toThrow(
      /pages\.db is damaged .* copy .*pages\.db\.backup-1 \(of \d{4}-/,
    );
  }
  const head = await open(file, 'r+');
  await head.write(Buffer.alloc(100, 0xff), 0, 100, 0);
  await head.close();
  expect(() => openDatabase(file, { create: false })).toThrow(/is damaged .*backup-1/);
  expect(cameraNames(openDatabase(`${file}.backup-1`, { create: false }))).toHaveLength(400);
});

test('two backups, a day apart, readable by this user alone', async () => {
  const file = made('kept.db');
  const db = openDatabase(file, { create: true });
  const fact = (backup: string): string | undefined => {
    const opened = openDatabase(backup, { create: false });
    const found = readFact(opened, 'day');
    opened.close();
    return found;
  };
  const day = 86_400_000;
  for (let n = 1; n <= 3; n += 1) {
    writeFact(db, 'day', String(n));
    backUp(db, file, Date.now() + 2 * n * day);
    writeFact(db, 'day', 'later');
    backUp(db, file, Date.now() + day / 2);
  }
  expect([fact(`${file}.backup-1`), fact(`${file}.backup-2`)]).toEqual(['3', '2']);
  for (const name of [file, `${file}-wal`, `${file}.backup-1`]) expect((await stat(name)).mode & 0o777).toBe(0o600);
  db.close();
});
