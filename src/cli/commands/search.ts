import { Command } from 'commander';
import type { SearchFlags } from '../actions/run-search.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance search dog near gate                        all of these words, in any order and form
  secondglance search person vehicle                       also finds a man and a truck; --exact does not
  secondglance search '"near the gate" dog'                a phrase and a word
  secondglance search 'text:"exit 3"'                      text in the picture, of recordings watched with --read-text
  secondglance search person --camera front --since yesterday --until today
  secondglance search person --since 6h
  secondglance search dog --json | jq -r .id | xargs secondglance export -o clips/

Prints one line per hit, newest first, separated by tabs: time, camera, caption, recording, position in it, picture, and
the ID for export. Times are in the time zone of the cameras. --since and --until take today, yesterday,
"yesterday 20:00", 22:00 (the last time that clocks showed it), 2026-11-24, "2026-11-24 13:05", or an age: 90m, 6h, 3d, 2w.
--until is exclusive.
Exit codes: 0 hits, 1 none, 2 wrong usage, or nothing to search in.`;

/** `secondglance search <words...>` */
export function searchCommand(): Command {
  return new Command('search')
    .description('search the captions of recordings that watch has indexed')
    .argument('<words...>', 'all of them must occur; "in quotes" as a phrase')
    .option('--exact', 'find these words only, not kinds: person does not find a man')
    .option('--state <file>', 'database of watch (default: in the state folder)')
    .option('--camera <name>', 'only this camera')
    .option('--since <time>', 'start of the time range: yesterday, "yesterday 20:00", 22:00, 2026-11-24, 6h')
    .option('--until <time>', 'end of the time range')
    .option('--limit <n>', 'print at most this many hits', '100')
    .option('--json', 'print hits as NDJSON')
    .addHelpText('after', EXAMPLES)
    .action((words: string[], flags: SearchFlags) =>
      runCommand(async () => {
        const { runSearch } = await import('../actions/run-search.ts');
        return runSearch(words.join(' '), flags);
      }),
    );
}
