import { Command } from 'commander';
import { runCommand } from '../run-command.ts';
import type { ExportFlags } from './export-run.ts';

const EXAMPLES = `
Examples:
  secondglance export i3quwoc0zk                         front-2026-11-24T22-05-09.250.mp4 here
  secondglance export i3quwoc0zk -o gate.mp4 --before 10s --after 30s
  secondglance search dog --since yesterday --json | jq -r .id | xargs secondglance export -o clips/

search gives the IDs. A clip begins with the picture seen at its time, or the next. Pictures are copied where they can be, else
encoded anew; the clip is always an MP4, which says when it was recorded. The recording is only read.
Exit codes: 0 done, 1 all failed, 2 wrong usage, 3 some failed, 130 or 143 after a signal.`;

/** `secondglance export <id...>` */
export function exportCommand(): Command {
  return new Command('export')
    .description('cut the clips of hits out of their recordings')
    .argument('<id...>', 'as search gives them')
    .option('-o, --output <file|folder>', 'an .mp4, or a folder (default: this one)')
    .option('--before <time>', 'so much of what came before', '2s')
    .option('--after <time>', 'so much of what came after', '2s')
    .option('--state <file>', 'the state file of watch (default: in the state folder)')
    .option('--force', 'cut again what is up to date, and write over what secondglance did not write')
    .option('--quiet', 'only failures on stderr')
    .option('--verbose', 'say what was tried where something fails')
    .option('--json', 'what became of each as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], flags: ExportFlags) =>
      runCommand(async ({ interruptible }) => {
        const { runExport } = await import('./export-run.ts');
        return runExport(ids, flags, interruptible());
      }),
    );
}
