import { Command } from 'commander';
import type { SettingFlags } from '../../config/load.ts';
import { queueOptions } from '../options.ts';
import { type CommandContext, runCommand } from '../run-command.ts';

interface StatusFlags extends SettingFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
}

async function showStatus(
  id: string | undefined,
  flags: StatusFlags,
  { resources, interruptible }: CommandContext,
): Promise<void> {
  const signal = interruptible();
  const { loadSettings } = await import('../../config/load.ts');
  const { withQueue } = await import('../../services/queue-client.ts');
  const { readStatus, watchStatus } = await import('../../services/status.ts');
  const { StatusScreen } = await import('../status-screen.ts');
  const { settings } = await loadSettings({ flags });
  const screen = new StatusScreen({ id, json: flags.json === true });
  resources.defer(async () => screen.close());
  const onAway = (): boolean => process.stderr.write('secondglance: Redis is away; waiting for it\n');
  await withQueue(settings, async (queue) => {
    if (flags.watch !== true) return screen.show(await readStatus(queue, id), false);
    for await (const status of watchStatus(queue, id, onAway, signal)) screen.show(status, true);
  });
}

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
    .action((id: string | undefined, flags: StatusFlags) => runCommand((context) => showStatus(id, flags, context)));
}
