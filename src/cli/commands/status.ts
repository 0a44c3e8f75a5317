import { Command } from 'commander';
import type { StatusFlags } from '../../services/status.ts';
import { siteOptions } from '../options/queue-options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance status                     what is under way, and what has ended in the last seven days
  secondglance status v3f2a --watch       one video, until it has ended
  secondglance status --json | jq .state  one object a line

An ID may be shortened to its first letters. Exit codes: 0, 1 where Redis cannot be reached or the ID is unknown.`;

/** `secondglance status [id]` */
export function statusCommand(): Command {
  return siteOptions(new Command('status').description('how submitted videos are getting on'))
    .argument('[id]', 'one of them')
    .option('--watch', 'go on until all have ended')
    .option('--json', 'one object a line on stdout')
    .addHelpText('after', EXAMPLES)
    .action((id: string | undefined, flags: StatusFlags) =>
      runCommand(async ({ interruptible }) => {
        const { runStatus } = await import('../../services/status.ts');
        return runStatus(id, flags, interruptible());
      }),
    );
}
