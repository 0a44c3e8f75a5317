import { Command } from 'commander';
import type { StatusFlags } from '../../services/status.ts';
import { queueOptions } from '../options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance status                     running videos, and those that ended in the last seven days
  secondglance status v3f2a --watch       one video, until it ends
  secondglance status --json | jq .state  one object per line

The first letters of an ID are enough. Exit codes: 0, 1 where Redis cannot be reached or the ID is unknown.`;

/** `secondglance status [id]` */
export function statusCommand(): Command {
  return queueOptions(new Command('status').description('show the progress of submitted videos'))
    .argument('[id]', 'only this video')
    .option('--watch', 'update until all have ended')
    .option('--json', 'print one object per line')
    .addHelpText('after', EXAMPLES)
    .action((id: string | undefined, flags: StatusFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { runStatus } = await import('../../services/status.ts');
        return runStatus(id, flags, signal);
      }),
    );
}
