import type { Command } from 'commander';
import { DEFAULT_LANGUAGE } from '../../captioning/track-options.ts';
import { TRACK_KINDS } from '../../core/kind.ts';
import { PROFILE_NAMES } from '../../pipeline/cues/profiles.ts';
import { FORMAT_NAMES } from '../../pipeline/formats/formats.ts';

/** Adds what is to be written, and how to tell of it: the options that `caption` and `submit` share. */
export function captionOptions(command: Command): Command {
  return command
    .option('-o, --output <file|dir|->', 'where to write (default: beside the input)')
    .option('-f, --format <list>', `${FORMAT_NAMES.join(', ')}; several with commas (default: by the output, else vtt)`)
    .option('--frames <choice>', 'which frames to look at: auto, keyframes, scene, every:2s', 'auto')
    .option('--from <time>', 'start here (90s, 1:30, 1:02:03.5)')
    .option('--to <time>', 'end here')
    .option('--looks <1|2>', 'one look, or two', '2')
    .option(
      '--min-confidence <0..1>',
      "leave out of tracks what the model is less sure of; 0 keeps all (default: the bundle's own)",
    )
    .option('--profile <name>', `whose rules of readability to keep: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--kind <kind>', `what the track is: ${TRACK_KINDS.join(', ')}`, 'descriptions')
    .option('--language <tag>', 'its language, where the format has a place for it', DEFAULT_LANGUAGE)
    .option('--model <name|path>', 'a bundle by name, or the folder of one')
    .option('--force', 'do finished tracks again, and write over files that are not ours')
    .option('--quiet', 'only failures on stderr')
    .option('--verbose', 'say what was tried where something fails')
    .option('--json', 'progress and summary as NDJSON on stdout');
}
