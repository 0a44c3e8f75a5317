import { type Command, Option } from 'commander';
import type { SettingFlags } from '../config/load.ts';
import {
  flagOf,
  SETTING_DEFINITIONS,
  type SettingDefinition,
  type SettingName,
} from '../config/setting-definitions.ts';
import { TRACK_KINDS } from '../core/kind.ts';
import { FRAMES_USAGE } from '../ingest/selectors/registry.ts';
import { PROFILE_NAMES } from '../pipeline/cues/profiles.ts';
import { FORMAT_NAMES } from '../pipeline/formats/formats.ts';
import { SUCCESSORS } from '../workers/bundle/successors.ts';

/** The settings that service commands take as flags. */
export type ServiceSettingFlags = Pick<
  SettingFlags,
  'redisUrl' | 'redisPrefix' | 'frameStore' | 'inFlight' | 'inFlightPerVideo' | 'allowPaths' | 'allowUrls' | 'http'
>;

function defaultText({ byDefault, help }: SettingDefinition): string {
  const shown = byDefault !== undefined && !Array.isArray(byDefault) && !help.includes('(default');
  return shown ? ` (default: ${byDefault})` : '';
}

/** Adds the flags of settings. */
export function settingOptions(command: Command, ...names: readonly SettingName[]): Command {
  for (const name of names) {
    const definition = SETTING_DEFINITIONS[name];
    command.option(`${flagOf(name)} ${definition.value}`, definition.help + defaultText(definition));
  }
  return command;
}

/** Adds the flags by which a command finds the queue. */
export function queueOptions(command: Command): Command {
  return settingOptions(command, 'redisUrl', 'redisPrefix');
}

/** Adds the flags of services. */
export function serviceOptions(command: Command): Command {
  return settingOptions(
    queueOptions(command),
    ...(['allowPaths', 'allowUrls', 'frameStore', 'inFlight', 'inFlightPerVideo', 'http'] as const),
  );
}

/** Adds `--model`. */
export function modelOption(command: Command): Command {
  const noteSuccessor = (name: string): void => {
    const successor = SUCCESSORS.get(name);
    if (successor !== undefined)
      process.stderr.write(`secondglance: ${name} was replaced by ${successor}, which is used instead\n`);
  };
  return command
    .on('option:model', noteSuccessor)
    .option(
      '--model <model>',
      'an installed model (secondglance models), a folder, openai:NAME on a server, or exec:PROGRAM (default: the bundled model)',
    );
}

/** Adds `--read-text`. */
export function readTextOption(command: Command): Command {
  return command.option('--read-text', 'also read the text in the picture: signs, slides, screens (docs/text.md)');
}

/** Adds `--model` and the settings of model servers. */
export function modelOptions(command: Command): Command {
  return settingOptions(modelOption(command), 'baseUrl', 'prompt', 'promptFile', 'detail');
}

/** Adds `--passes`, and its former name `--looks`, which help does not show. */
export function passesOption(command: Command): Command {
  return command
    .option('--passes <1|2>', 'passes over each keyframe: 1 writes a draft, 2 then looks again and corrects it', '2')
    .addOption(new Option('--looks <1|2>').hideHelp())
    .on('option:looks', (value: string) => command.setOptionValueWithSource('passes', value, 'cli'));
}

/** Adds `--events`. */
export function eventsOption(command: Command): Command {
  return command.option(
    '--events',
    'one caption for what happens between two changes of scene, or while something moves, instead of one a keyframe',
  );
}

/** Adds `--workers`. */
export function workersOption(command: Command): Command {
  return command.option('--workers <n>', 'inference processes (default: by the number of cores)');
}

/** Adds `--verbose`. */
export function verboseOption(command: Command): Command {
  return command.option('--verbose', 'with a failure, print the failed command and its last output');
}

/** Adds `--quiet`, `--verbose` and `--json`, with what `--json` prints. */
export function outputOptions(command: Command, json = 'print progress and a summary as NDJSON on stdout'): Command {
  return verboseOption(command.option('--quiet', 'print failures only')).option('--json', json);
}

/** Adds what to caption and what to write: the options that `caption` and `submit` share. */
export function captionOptions(command: Command): Command {
  command
    .option('-o, --output <file|dir|->', 'where to write; - is stdout (default: next to the input)')
    .option(
      '-f, --format <list>',
      `${FORMAT_NAMES.join(', ')}; separated by commas (default: by the extension of -o, else vtt)`,
    )
    .option('--frames <selector>', `frames to caption: ${FRAMES_USAGE}`, 'auto')
    .option('--from <time>', 'start at this time (90s, 1:30, 1:02:03.5)')
    .option('--to <time>', 'end at this time');
  readTextOption(modelOptions(eventsOption(passesOption(command))))
    .option(
      '--min-confidence <0..1>',
      'leave less confident captions out of tracks; 0 keeps all (default: set by the bundle)',
    )
    .option('--profile <name>', `readability rules of the cues: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--kind <kind>', `kind of track: ${TRACK_KINDS.join(', ')}`, 'descriptions')
    .option(
      '--around <track|auto>',
      'place descriptions where nobody speaks: by a .vtt or .srt file, or by subtitles or voices of the input',
    )
    .option(
      '--language <tag>',
      'language of the track, in the format or the file name: film.en.srt (default: en, not in the name)',
    )
    .option('--force', 'redo finished tracks, and overwrite files that secondglance did not write');
  return outputOptions(command);
}

/** `--priority` */
export function priorityOption(): Option {
  return new Option('--priority <high|normal|low>', 'higher priorities run first (default: normal)');
}
