import { Command } from 'commander';
import type { ExportFlags } from '../actions/run-export.ts';
import { outputOptions } from '../options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance export i3quwoc0zk                         writes front-2026-11-24T22-05-09.250.mp4 here
  secondglance export i3quwoc0zk -o gate.mp4 --before 10s --after 30s
  secondglance search dog --since yesterday --json | jq -r .id | xargs secondglance export -o clips/

search prints the IDs. The video is copied where possible, otherwise re-encoded; the clip is an MP4 that stores its
recording time. The recording itself is not changed.
Exit codes: 0 done, 1 all failed, 2 wrong usage, 3 some failed, 130 or 143 after a signal.`;

/** `secondglance export <id...>` */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('cut the clips of search hits out of their recordings')
    .argument('<id...>', 'as search prints them')
    .option('-o, --output <file|folder>', 'an .mp4, or a folder (default: this folder)')
    .option('--before <time>', 'include this much before the hit', '2s')
    .option('--after <time>', 'include this much after the hit', '2s')
    .option('--state <file>', 'database of watch (default: in the state folder)')
    .option('--force', 'redo finished clips; overwrite files that secondglance did not write, but no videos');
  return outputOptions(command, 'print the result of each clip as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], flags: ExportFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { runExport } = await import('../actions/run-export.ts');
        return runExport(ids, flags, signal);
      }),
    );
}
