import { Command } from 'commander';
import { loadSettings } from '../../config/load.ts';
import { UsageError } from '../../core/failures.ts';
import { type SiteFlags, siteOptions } from '../options/queue-options.ts';
import { runCommand } from '../run-command.ts';

/** Where the board is, unless told otherwise. */
const PLACE = { host: '127.0.0.1', port: 3000 };

const EXAMPLES = `
Examples:
  SECONDGLANCE_BOARD_PASSWORD=... secondglance board               http://127.0.0.1:3000, any user name
  SECONDGLANCE_BOARD_PASSWORD=... secondglance board --http 8080

The board shows the queues and changes nothing: pause, resume, cancel and retry are commands. Put TLS before it where
it is to be reached from elsewhere. Exit codes: 0 ended in order, 1 it cannot run, 2 wrong usage.`;

/** `secondglance board` */
export function boardCommand(): Command {
  return siteOptions(new Command('board').description('show the queues in a browser (Bull Board), behind a password'))
    .option('--http <[host:]port>', `where (default: ${PLACE.host}:${PLACE.port})`)
    .option('--verbose', 'say what was tried where it cannot begin')
    .addHelpText('after', EXAMPLES)
    .action((flags: SiteFlags) =>
      runCommand(async ({ interruptible }) => {
        const { settings } = await loadSettings({ flags });
        const { boardPassword, http = PLACE } = settings;
        if (boardPassword === undefined)
          throw new UsageError('the board needs a password: set SECONDGLANCE_BOARD_PASSWORD');
        const { runBoard } = await import('../../services/board.ts');
        return runBoard(settings, http, boardPassword, interruptible());
      }),
    );
}
