import { Command } from 'commander';
import { readWatchSettings, type WatchFlags } from '../../archive/watch/watch-settings.ts';
import { siteOptions } from '../options/queue-options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance watch /recordings                                  describes what becomes complete, for ever
  secondglance watch /recordings --window 22:00-06:00 -o /tracks/ at night only, the tracks elsewhere
  secondglance watch /recordings --once                           for cron: what is there now, and a line at the end
  secondglance watch /cams --names '{camera}/%Y-%m-%d/%H-%M-%S' --zone Europe/Berlin
  secondglance watch /cams --notify person --notify '"dog near gate"' --webhook https://example.org/hook
  secondglance watch /cams --keep-days 30 --keep-size 10G

With --queue, services see the recordings and the folder of the tracks under the same paths, and have to be allowed to.
Then: secondglance search "dog near gate", secondglance report, secondglance export ID.
SECONDGLANCE_WEBHOOK and SECONDGLANCE_MQTT take the addresses, where a password should stay out of sight.
Exit codes (--once): 0 all described, 3 some failed or remain, 1 nothing could be done, 2 wrong usage, 130 or 143 after a
signal.`;

function collect(words: string, before: readonly string[] = []): string[] {
  return [...before, words];
}

/** `secondglance watch <folder...>` */
export function watchCommand(): Command {
  const command = new Command('watch')
    .description('describe the recordings in folders as they become complete')
    .argument('<folder...>', 'where recordings arrive')
    .option(
      '--window <from-to>',
      'work only in these hours, as in 22:00-06:00; what does not fit is looked at less closely',
    )
    .option('--state <file>', 'what is known of recordings, and their index (default: in the state folder)')
    .option('-o, --output <folder>', 'where the tracks go (default: beside the recordings)')
    .option('-f, --format <list>', 'vtt, srt, ttml, ass, txt, json, jsonl; several with commas', 'vtt')
    .option('--once', 'describe what is there now, and end')
    .option('--zone <name>', "the recorders' time zone, as Europe/Berlin (default: this machine's)")
    .option('--names <pattern>', 'how recordings are named, where no recorder is known to name them so')
    .option('--settle <time>', 'a file that is left alone for this long is complete', '15s')
    .option('--notify <words>', 'tell of recordings in which these words come up (may be given again)', collect)
    .option('--webhook <url>', 'whom to tell: a POST with JSON')
    .option('--mqtt <url>', 'whom to tell: mqtt://HOST/TOPIC')
    .option('--keep-days <n>', 'forget cues and pictures of recordings that are older')
    .option('--keep-size <size>', 'delete the oldest pictures beyond this, as in 10G')
    .option('--queue', 'have services describe them (see submit), several at once')
    .option('--model <name|path>', 'a bundle by name, or the folder of one')
    .option('--workers <n>', 'inference processes (default: as many as pay off)')
    .option('--quiet', 'only failures on stderr')
    .option('--verbose', 'say what was tried where something fails')
    .option('--json', 'progress and summary as NDJSON on stdout');
  return siteOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((folders: string[], flags: WatchFlags) =>
      runCommand(async ({ interruptible }) => {
        const settings = readWatchSettings(folders, flags);
        const { runWatch } = await import('./watch-run.ts');
        return runWatch(settings, interruptible());
      }),
    );
}
