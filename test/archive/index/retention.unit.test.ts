import { existsSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IndexWriter } from '../../../src/archive/index/index-cues.ts';
import { compact, prune } from '../../../src/archive/index/retention.ts';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { pictureFile, pictureFolder } from '../../../src/archive/index/thumbnails.ts';
import { type Recording, recordingOf } from '../../../src/archive/recordings/recordings.ts';
import { added, emptyState, type State } from '../support/state.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-24T12:00:00Z');

let state: State;
beforeEach(async () => {
  state = await emptyState();
});
afterEach(() => state.remove());

/** A described recording that began `days` ago, with `cues` cues, each with a picture of 1,000 bytes. */
async function described(days: number, cues = 2): Promise<Recording> {
  const { db, file, folder, session } = state;
  const name = path.join(folder, `${days}.mp4`);
  await writeFile(name, 'a recording');
  const recording = added(db, { path: name, start: NOW - days * DAY });
  const record = { frames: 'motion', passes: 2, track: '/t.vtt', began: 0, session } as const;
  const writer = new IndexWriter(db, file, recording, record, () => undefined);
  await mkdir(path.dirname(pictureFile(file, recording.id, 0)), { recursive: true });
  const common = { video: 'v', still: false, draft: '', confidence: 0.5, passes: 2 } as const;
  for (let at = 0; at < cues; at++) {
    const text = `a dog near gate ${at} of ${days} ${'word'.repeat(200)}${days}x${at}`;
    await writer.caption({ ...common, index: at, pts: at * 1e6, text });
    await writer.cue({ start: at * 1e6, end: (at + 1) * 1e6, text, from: [at] });
    await writeFile(pictureFile(file, recording.id, at), Buffer.alloc(1000));
  }
  await writer.finish({ end: cues * 1e6 });
  return recording;
}

const hits = (): number => searchCues(state.db, state.file, { words: 'dog', limit: 1_000_000 }).length;

test('by age: cues and pictures go; that it was described stays known while its file is there', async () => {
  const [old, lost, young] = [await described(40), await described(31), await described(29)];
  const { db, file } = state;
  await rm(lost.path);
  expect(hits()).toBe(6);
  expect(await prune(db, file, { days: 30 }, { now: NOW })).toEqual({ cues: 2, pictures: 2 });
  expect(hits()).toBe(2);
  expect(existsSync(path.dirname(pictureFile(file, old.id, 0)))).toBe(false);
  expect(existsSync(pictureFile(file, young.id, 1))).toBe(true);
  expect(recordingOf(db, old.content)).toMatchObject({ state: 'done' });
  expect(recordingOf(db, lost.content)).toBeUndefined();
  expect(await prune(db, file, { days: 30 }, { now: NOW })).toEqual({ cues: 0, pictures: 0 });
});

test('by size: the pictures of the oldest go first, then their cues; what stays can be found', async () => {
  const recordings: Recording[] = [];
  for (let days = 10; days > 0; days--) recordings.push(await described(days, 40));
  const { db, file } = state;
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const whole = statSync(file).size;
  const pictures = 10 * 40 * 1000;

  expect(await prune(db, file, { bytes: whole + pictures }, { now: NOW })).toEqual({ cues: 0, pictures: 0 });
  expect(await prune(db, file, { bytes: whole + pictures / 2 }, { now: NOW })).toEqual({ cues: 0, pictures: 5 });
  const has = ({ id }: Recording): boolean => existsSync(pictureFile(file, id, 0));
  expect(recordings.map(has)).toEqual(recordings.map((_, at) => at >= 5));
  expect(hits()).toBe(400);

  const { cues } = await prune(db, file, { bytes: Math.round(whole / 2) }, { now: NOW });
  expect(cues).toBeGreaterThanOrEqual(3);
  expect(cues).toBeLessThan(10);
  expect(hits()).toBe(40 * (10 - cues));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  expect(statSync(file).size).toBeLessThanOrEqual(whole / 2);
  expect(existsSync(pictureFolder(file))).toBe(true);
});

test('a large index is compacted in short statements between which the event loop turns, down to what optimize leaves', async () => {
  const { db } = state;
  let id = 0;
  for (let batch = 0; batch < 60; batch++) {
    db.transaction(() => {
      const insert = db.prepare('INSERT INTO words (rowid, text, camera) VALUES (?, ?, ?)');
      for (let n = 0; n < 200; n++) insert.run(++id, `word${id} thing${id % 5000} gate${id % 977}`, 'camera1x');
    }).immediate();
  }
  db.prepare('DELETE FROM words WHERE rowid < 6000').run();
  const statements: string[] = [];
  const watched = new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') {
        return (sql: string) => {
          statements.push(sql);
          return target.prepare(sql);
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  let turns = 0;
  let counting = true;
  const count = (): void => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  await compact(watched, { whole: true, pagesPerStatement: 8 });
  counting = false;
  expect(statements.filter((sql) => sql.includes('optimize'))).toEqual([]);
  expect(turns).toBeGreaterThan(3);
  const size = (): unknown => db.prepare('SELECT count(*) AS n, sum(length(block)) AS bytes FROM words_data').get();
  const { n, bytes } = size() as { n: number; bytes: number };
  db.prepare("INSERT INTO words(words) VALUES ('optimize')").run();
  expect(size()).toMatchObject({ n, bytes });
});
