/**
 * A program that appends to a journal until it is killed: `appender.ts FILE GROUPS`. Writes `have N` with the durable
 * groups that it found, then `group N` each time an append has been answered.
 */
import { openJournal } from '../../../src/storage/journal.ts';
import { JOURNAL_HEADER, journalCaptions } from './journals.ts';

const [, , file = '', groups = '0'] = process.argv;
const journal = await openJournal(file, JOURNAL_HEADER);
process.stdout.write(`have ${journal.size}\n`);
for (let group = 0; group < Number(groups); group += 1) {
  if (journal.has(group)) continue;
  await journal.append(group, journalCaptions(group));
  process.stdout.write(`group ${group}\n`);
}
process.stdout.write('done\n');
setInterval(() => undefined, 1000);
