import { Command } from 'commander';
import { runCommand } from '../run-command.ts';
import type { SearchFlags } from './search-run.ts';

const EXAMPLES = `
Examples:
  secondglance search dog near gate                        all of the words, in any order; dogs, gates too
  secondglance search '"near the gate" dog'                what stands in quotes as it stands there
  secondglance search person --camera front --since yesterday --until today
  secondglance search person --since 6h
  secondglance search dog --json | jq -r .id | xargs secondglance export -o clips/

A line a hit, the newest first, with tabs between: when, camera, what is seen, recording, where in it, picture, and the ID
that export takes. Times are those of the recorders' zone; --since and --until take today, yesterday, 2026-11-24,
"2026-11-24 13:05", or how long ago: 90m, 6h, 3d, 2w. What starts at --until is not among the hits.
Exit codes: 0 hits, 1 none, 2 wrong usage, or nothing to search in.`;

/** `secondglance search <words...>` */
export function searchCommand(): Command {
  return new Command('search')
    .description('find what was seen in the recordings that watch has described')
    .argument('<words...>', 'all of them have to come up; "in quotes" as a phrase')
    .option('--state <file>', 'the state file of watch (default: in the state folder)')
    .option('--camera <name>', 'of this camera only')
    .option('--since <time>', 'from then on: yesterday, 2026-11-24, "2026-11-24 13:05", 6h')
    .option('--until <time>', 'before then')
    .option('--limit <n>', 'the newest so many', '100')
    .option('--json', 'hits as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((words: string[], flags: SearchFlags) =>
      runCommand(async () => {
        const { runSearch } = await import('./search-run.ts');
        return runSearch(words.join(' '), flags);
      }),
    );
}
