import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Journal, openJournal } from '../../../src/storage/journal.ts';
import { randomNumbers } from '../../pipeline/support/captions.ts';
import { temporaryFolder } from './folder.ts';
import { JOURNAL_HEADER, journalCaptions } from './journals.ts';

/** Where a journal may be, in a folder of its own. */
export async function journalFile(): Promise<string> {
  return path.join(await temporaryFolder(), 'journals', 'a.journal');
}

type Appender = ChildProcessByStdio<null, Readable, null>;

/** Starts a process that appends groups to a journal: first it says how many it has, then each group that is durable. */
export function startAppender(
  file: string,
  groups: number,
  stderr: 'inherit' | 'ignore' = 'inherit',
): { child: Appender; lines: AsyncIterator<string> } {
  const program = path.join(import.meta.dirname, 'appender.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, file, String(groups)], {
    stdio: ['ignore', 'pipe', stderr],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** The groups of a journal below a number, each of which has its captions. */
export async function durable(journal: Journal, upTo: number): Promise<number[]> {
  const groups: number[] = [];
  for (let group = 0; group < upTo; group += 1) {
    const captions = await journal.read(group);
    expect(captions !== undefined).toBe(journal.has(group));
    if (captions === undefined) continue;
    expect(captions).toEqual(journalCaptions(group));
    groups.push(group);
  }
  expect(journal.size).toBe(groups.length);
  return groups;
}

/** Kills a run again and again, each time after some groups: exactly the acknowledged ones are there, and the next run continues from them. */
export async function checkKills(rounds: number): Promise<void> {
  const file = await journalFile();
  const random = randomNumbers(9);
  let answered = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { child, lines } = startAppender(file, 100_000);
    const first = await lines.next();
    const [, found = ''] = /^have (\d+)$/.exec(String(first.value)) ?? [];
    // One more group may have been complete on disk than was answered; never one fewer.
    expect(Number(found)).toBeGreaterThanOrEqual(answered);
    expect(Number(found)).toBeLessThanOrEqual(answered + 1);
    answered = Number(found);

    // After some groups, however long a disk takes for them, and then at any moment.
    const enough = answered + 3 + Math.floor(20 * random());
    let killed: Promise<unknown> | undefined;
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      expect(line.value).toBe(`group ${answered}`);
      answered += 1;
      if (answered === enough) killed = sleep(20 * random()).then(() => child.kill('SIGKILL'));
    }
    await killed;
  }
  expect(answered).toBeGreaterThanOrEqual(3 * rounds);
  const journal = await openJournal(file, JOURNAL_HEADER);
  expect(await durable(journal, answered + 5)).toEqual(Array.from({ length: journal.size }, (_, group) => group));
  expect(journal.size - answered).toBeGreaterThanOrEqual(0);
  expect(journal.size - answered).toBeLessThanOrEqual(1);
  await journal.remove();
}
