import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openJournal } from '../../src/storage/journal.ts';
import { checkKills, journalFile, startAppender } from './support/appenders.ts';
import { JOURNAL_HEADER } from './support/journals.ts';

test('a suspended run writes nothing more after another has taken over', async () => {
  const file = await journalFile();
  const { child, lines } = startAppender(file, 100_000, 'ignore');
  await lines.next();
  await lines.next();
  child.kill('SIGSTOP');
  const journal = await openJournal(file, JOURNAL_HEADER);
  const taken = journal.size;
  expect(taken).toBeGreaterThan(0);
  child.kill('SIGCONT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  await journal.close();
});

test('kill -9 at any moment, more often', () => checkKills(6));
