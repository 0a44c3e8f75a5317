import { Command } from 'commander';
import type { WatchFlags } from '../../archive/watch/watch-settings.ts';
import { TEXT_FORMAT_NAMES } from '../../pipeline/formats/formats.ts';
import {
  eventsOption,
  modelOptions,
  outputOptions,
  queueOptions,
  readTextOption,
  settingOptions,
  workersOption,
} from '../options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance watch /recordings                                  captions recordings as they become complete
  secondglance watch /recordings --window 22:00-06:00 -o /tracks/ works at night only, writes tracks elsewhere
  secondglance watch /recordings --once                           for cron: captions what is there and prints one line
  secondglance watch /cams --names '{camera}/%Y-%m-%d/%H-%M-%S' --zone Europe/Berlin
  secondglance watch /cams --notify person --notify '"dog near gate"' --webhook https://example.org/hook
  secondglance watch /cams --keep-days 30 --keep-size 10G

With --queue, services must see recordings and tracks under the same paths, and be allowed to use them.
Afterwards: secondglance search "dog near gate", secondglance report, secondglance export ID.
SECONDGLANCE_WEBHOOK and SECONDGLANCE_MQTT keep addresses that contain a password out of the process list.
Exit codes (--once): 0 all captioned, 3 some failed or remain, 1 nothing could be done, 2 wrong usage, 130 or 143 after a
signal.`;

function collect(words: string, before: readonly string[] = []): string[] {
  return [...before, words];
}

/** `secondglance watch <folder...>` */
export function watchCommand(): Command {
  const command = new Command('watch')
    .description('caption the recordings of cameras as they arrive in folders')
    .argument('<folder...>', 'where recordings arrive')
    .option(
      '--window <from-to>',
      'work only between these times (22:00-06:00), with fewer keyframes or passes where time is short',
    )
    .option('--state <file>', 'database of recordings and captions (default: in the state folder)')
    .option('-o, --output <folder>', 'where tracks go (default: next to the recordings)')
    .option('-f, --format <list>', `${TEXT_FORMAT_NAMES.join(', ')}, separated by commas`, 'vtt')
    .option('--once', 'caption what is there now, then exit')
    .option('--zone <name>', 'time zone of the cameras, such as Europe/Berlin (default: that of this machine)')
    .option('--names <pattern>', 'how file names contain camera and time (default: the patterns of common recorders)')
    .option('--settle <time>', 'how long a file has to stay unchanged to count as complete', '15s')
    .option('--notify <words>', 'send a notification when these words are seen in motion (repeatable)', collect)
    .option('--notify-confidence <0..1>', 'notify only of captions at least this confident (default: 0.5)')
    .option(
      '--notify-between <HH:MM-HH:MM>',
      'notify only of what was seen at this time of day, by the clock of the recordings',
    )
    .option('--exact', 'notify of these words only, not of kinds: person does not match a man');
  settingOptions(command, 'webhook', 'mqtt')
    .option('--keep-days <n>', 'delete captions and pictures of recordings older than this')
    .option('--keep-size <size>', 'delete the oldest pictures beyond this size, such as 10G')
    .option('--queue', 'let services caption the recordings (see submit), several at once');
  return queueOptions(outputOptions(workersOption(readTextOption(modelOptions(eventsOption(command))))))
    .addHelpText('after', EXAMPLES)
    .action((folders: string[], flags: WatchFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { readWatchSettings } = await import('../../archive/watch/watch-settings.ts');
        const { loadSettings } = await import('../../config/load.ts');
        const { settings: notifications } = await loadSettings({ flags });
        const settings = readWatchSettings(folders, flags, notifications);
        const { runWatch } = await import('../actions/run-watch.ts');
        return runWatch(settings, signal);
      }),
    );
}
