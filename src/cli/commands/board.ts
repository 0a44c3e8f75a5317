import { Command } from 'commander';
import { UsageError } from '../../core/failures.ts';
import { queueOptions, type ServiceSettingFlags, verboseOption } from '../options.ts';
import { runCommand } from '../run-command.ts';

/** The default address of the board. */
const ADDRESS = { host: '127.0.0.1', port: 3000 };

const EXAMPLES = `
Examples:
  SECONDGLANCE_BOARD_PASSWORD=... secondglance board               http://127.0.0.1:3000, with any user name
  SECONDGLANCE_BOARD_PASSWORD=... secondglance board --http 8080

The board is read-only: pause, resume, cancel and retry are commands. Put TLS in front of it where other machines
reach it. Exit codes: 0 stopped by a signal, 1 cannot run, 2 wrong usage.`;

/** `secondglance board` */
export function boardCommand(): Command {
  const command = queueOptions(
    new Command('board').description('show the queues in a browser (Bull Board), protected by a password'),
  ).option('--http <[host:]port>', `address (default: ${ADDRESS.host}:${ADDRESS.port})`);
  return verboseOption(command)
    .addHelpText('after', EXAMPLES)
    .action((flags: ServiceSettingFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { loadSettings } = await import('../../config/load.ts');
        const { settings } = await loadSettings({ flags });
        const { boardPassword, http = ADDRESS } = settings;
        if (boardPassword === undefined) {
          throw new UsageError('the board needs a password: set SECONDGLANCE_BOARD_PASSWORD');
        }
        const { runBoard } = await import('../../services/board.ts');
        return runBoard(settings, http, boardPassword, signal);
      }),
    );
}
