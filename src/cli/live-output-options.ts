import type { Command } from 'commander';
import { settingOptions } from './options.ts';

function collect(words: string, before: readonly string[] = []): string[] {
  return [...before, words];
}

/** Adds what `live` writes, and whom it notifies; see `readLiveOutputSettings`. */
export function liveOutputOptions(command: Command): Command {
  command
    .option(
      '-o, --output <folder>',
      'write a live HLS playlist and one WebVTT and JSON Lines file a day here, in a folder per source',
    )
    .option('--window <time>', 'how much of the playlist to keep (default: 5m)')
    .option('--state <file>', 'also make captions searchable (search, report) in this database')
    .option('--keep-days <n>', 'with --state: delete captions and pictures older than this')
    .option('--keep-size <size>', 'with --state: delete the oldest pictures beyond this size, such as 10G')
    .option(
      '--segments <folder>',
      'link captions to the files that another program records here, found by the times in their names',
    )
    .option(
      '--segment-names <pattern>',
      'how those names contain camera and time (default: the patterns of common recorders)',
    )
    .option(
      '--zone <name>',
      'time zone of the days and of those names, such as Europe/Berlin (default: that of this machine)',
    )
    .option('--notify <words>', 'send a notification when a caption has these words (repeatable)', collect)
    .option('--notify-confidence <0..1>', 'notify only of captions at least this confident (default: 0.5)')
    .option(
      '--notify-between <HH:MM-HH:MM>',
      'notify only of what was seen at this time of day, by the clock of --zone',
    )
    .option('--notify-pause <time>', 'notify again once the words were not seen for this long (default: 2m)')
    .option('--exact', 'notify of these words only, not of kinds: person does not match a man');
  return settingOptions(command, 'webhook', 'mqtt', 'mqttDiscovery');
}
