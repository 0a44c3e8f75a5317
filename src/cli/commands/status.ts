import { Command } from 'commander';
import { type SiteFlags, siteOptions } from '../options/queue-options.ts';

/** The flags of `status` as commander hands them over. */
export interface StatusFlags extends SiteFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
}

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
    .action(async (id: string | undefined, flags: StatusFlags) => {
      const { runStatus } = await import('../../services/status.ts');
      process.exitCode = await runStatus(id, flags);
    });
}
