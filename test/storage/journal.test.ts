import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openJournal } from '../../src/storage/journal.ts';
import { randomNumbers } from '../pipeline/support/captions.ts';
import { checkKills, durable, journalFile, startAppender } from './support/appenders.ts';
import { JOURNAL_HEADER, journalCaptions } from './support/journals.ts';

const run = promisify(execFile);

async function makeJournal(file: string, groups: readonly number[]): Promise<void> {
  const journal = await openJournal(file, JOURNAL_HEADER);
  for (const group of groups) await journal.append(group, journalCaptions(group));
  await journal.close();
}

test('appended groups are there when the journal is opened again, in any order', async () => {
  const file = await journalFile();
  const first = await openJournal(file, JOURNAL_HEADER);
  expect(first.size).toBe(0);
  await Promise.all([3, 0, 7].map((group) => first.append(group, journalCaptions(group))));
  expect(await durable(first, 10)).toEqual([0, 3, 7]);
  await first.close();

  const second = await openJournal(file, JOURNAL_HEADER);
  expect(await durable(second, 10)).toEqual([0, 3, 7]);
  await second.append(1, journalCaptions(1));
  await second.close();
  await second.close();

  const third = await openJournal(file, JOURNAL_HEADER);
  expect(await durable(third, 10)).toEqual([0, 1, 3, 7]);
  await third.remove();
  await third.remove();
  expect(await readdir(path.dirname(file))).toEqual([]);
});

test('a group that is durable keeps its captions', async () => {
  const file = await journalFile();
  const journal = await openJournal(file, JOURNAL_HEADER);
  await journal.append(0, journalCaptions(0));
  await journal.append(0, journalCaptions(5));
  expect(await journal.read(0)).toEqual(journalCaptions(0));
  await journal.close();
  expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
});

test('another header, or a fresh start, empties it; the order of the header keys does not matter', async () => {
  const file = await journalFile();
  await makeJournal(file, [0, 1]);
  const reordered = { bundle: 'tiny', options: { passes: 2 }, input: 'holiday.mp4' };
  const same = await openJournal(file, reordered);
  expect(same.size).toBe(2);
  await same.close();

  const other = await openJournal(file, { ...JOURNAL_HEADER, options: { passes: 1 } });
  expect(await durable(other, 5)).toEqual([]);
  await other.append(2, journalCaptions(2));
  await other.close();
  const back = await openJournal(file, JOURNAL_HEADER);
  expect(back.size).toBe(0);
  await back.close();

  await makeJournal(file, [0, 1]);
  const fresh = await openJournal(file, JOURNAL_HEADER, { fresh: true });
  expect(fresh.size).toBe(0);
  await fresh.close();
});

test('truncated at any byte: every complete group is kept, and appending continues after it', async () => {
  const file = await journalFile();
  await makeJournal(file, [0, 1, 2]);
  const whole = await readFile(file);
  const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
  const cuts = [0, 1, ...ends, ...ends.map((end) => end - 1), ...ends.map((end) => Math.max(0, end - 700))];
  for (const cut of cuts) {
    await writeFile(file, whole.subarray(0, cut));
    const kept = Math.max(0, ends.filter((end) => end <= cut).length - 1);
    const journal = await openJournal(file, JOURNAL_HEADER);
    expect(await durable(journal, 5)).toEqual([0, 1, 2].slice(0, kept));
    await journal.append(4, journalCaptions(4));
    await journal.close();
    const again = await openJournal(file, JOURNAL_HEADER);
    expect(await durable(again, 5)).toEqual([...[0, 1, 2].slice(0, kept), 4]);
    await again.close();
  }
});

test('damage in the middle loses what follows it, and is never read as a caption', async () => {
  const file = await journalFile();
  await makeJournal(file, [0, 1, 2]);
  const size = (await stat(file)).size;
  const random = randomNumbers(5);
  const whole = await readFile(file);
  for (let round = 0; round < 20; round += 1) {
    await writeFile(file, whole);
    const handle = await open(file, 'r+');
    await handle.write(
      Buffer.from([random() < 0.3 ? 0 : 48 + Math.floor(random() * 60)]),
      0,
      1,
      Math.floor(random() * size),
    );
    await handle.close();
    const journal = await openJournal(file, JOURNAL_HEADER);
    const groups = await durable(journal, 5);
    expect([0, 1, 2].slice(0, groups.length)).toEqual(groups);
    await journal.close();
  }
});

test('the remains of a torn write are cut off', async () => {
  const file = await journalFile();
  await makeJournal(file, [0]);
  const { size } = await stat(file);
  await appendFile(file, '{"sum":"0123456789abcdef","group":1,"capt');
  const journal = await openJournal(file, JOURNAL_HEADER);
  expect((await stat(file)).size).toBe(size);
  await journal.close();
});

test('a journal that is truncated while it is open fails instead of returning wrong captions', async () => {
  const file = await journalFile();
  const journal = await openJournal(file, JOURNAL_HEADER);
  await journal.append(0, journalCaptions(0));
  await truncate(file, 200);
  await expect(journal.read(0)).rejects.toMatchObject({ code: 'output-failed' });
  await journal.close();
});

test('a journal in a folder that cannot be written is an error', async () => {
  await expect(openJournal('/proc/nowhere/a.journal', JOURNAL_HEADER)).rejects.toMatchObject({
    name: 'OutputError',
    message: expect.stringContaining('/proc/nowhere'),
  });
});

test.runIf(process.platform === 'linux')('a full disk fails the append, not the groups before it', async () => {
  const file = await journalFile();
  const script = `
    import { openJournal } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/storage/journal.ts'))};
    import { JOURNAL_HEADER, journalCaptions } from ${JSON.stringify(path.resolve(import.meta.dirname, 'support/journals.ts'))};
    process.on('SIGXFSZ', () => {});
    const journal = await openJournal(process.argv[1], JOURNAL_HEADER);
    const answers = [];
    for (let group = 0; group < 20; group += 1) {
      answers.push(await journal.append(group, journalCaptions(group)).then(() => 'durable', (error) => error.code));
    }
    await journal.close();
    process.stdout.write(answers.join(' '));`;
  const { stdout } = await run('sh', [
    '-c',
    'ulimit -f 16; exec "$0" --import tsx --input-type=module -e "$1" "$2"',
    process.execPath,
    script,
    file,
  ]);
  const answers = stdout.split(' ');
  expect(answers).toContain('durable');
  expect(answers).toContain('output-failed');
  const journal = await openJournal(file, JOURNAL_HEADER);
  expect(await durable(journal, 20)).toEqual([...answers.keys()].filter((group) => answers[group] === 'durable'));
  await journal.close();
});

test('kill -9 at any moment: exactly the acknowledged groups are there, and the next run continues from them', () =>
  checkKills(2));

test('two runs on one journal: the second is rejected, and the first continues', async () => {
  const file = await journalFile();
  const { child, lines } = startAppender(file, 3);
  for (let line = await lines.next(); line.value !== 'done'; line = await lines.next());
  await expect(openJournal(file, JOURNAL_HEADER)).rejects.toMatchObject({ code: 'journal-busy', retryable: true });
  expect(existsSync(file)).toBe(true);
  child.kill('SIGTERM');
  await once(child, 'exit');
  const journal = await openJournal(file, JOURNAL_HEADER);
  expect(journal.size).toBe(3);
  await expect(openJournal(file, JOURNAL_HEADER)).rejects.toMatchObject({ code: 'journal-busy' });
  await journal.close();
});

test('an append checks that the journal has not been taken over since the lock was last renewed', async () => {
  const file = await journalFile();
  const journal = await openJournal(file, JOURNAL_HEADER);
  await journal.append(0, journalCaptions(0));
  const { size } = await stat(file);
  // As another process takes over a stale lock, before a timer of this one could notice.
  await rm(`${file}.lock`, { recursive: true });
  await mkdir(`${file}.lock`);
  await expect(journal.append(1, journalCaptions(1))).rejects.toMatchObject({ code: 'journal-lost', retryable: true });
  expect((await stat(file)).size).toBe(size);
  await journal.remove();
  expect(existsSync(file)).toBe(true);
});
