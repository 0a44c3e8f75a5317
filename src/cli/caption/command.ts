import { Command } from 'commander';
import { TRACK_KINDS } from '../../core/kind.ts';
import { PROFILE_NAMES } from '../../pipeline/profiles.ts';
import { DEFAULT_LANGUAGE } from '../track-options.ts';
import { runCaption } from './run.ts';
import { type CaptionFlags, readSettings } from './settings.ts';

const EXAMPLES = `
Examples:
  secondglance caption holiday.mp4                       holiday.vtt beside it
  secondglance caption talk.mkv -f vtt,srt -o tracks/    tracks/talk.vtt and tracks/talk.srt
  secondglance caption recordings/ -o night.jsonl        one line for every keyframe of every file
  secondglance caption clip.mp4 --frames scene -o -      the track on stdout
  secondglance caption https://example.org/a.m3u8 --from 1:00 --to 2:30
  cat clip.mp4 | secondglance caption - -f srt -o -

Inputs are video files, animated GIF, pictures, folders, globs, http(s) URLs, HLS playlists, and - for stdin.
Exit codes: 0 done, 1 all failed, 2 wrong usage, 3 some inputs failed or are partial, 130 or 143 after a signal.`;

/** `secondglance caption <input...>` */
export function captionCommand(): Command {
  return new Command('caption')
    .description('write a track of captions for videos and pictures')
    .argument('<input...>', 'files, folders, globs, URLs, or - for stdin')
    .option('-o, --output <file|dir|->', 'where to write (default: beside the input)')
    .option(
      '-f, --format <list>',
      'vtt, srt, ttml, ass, txt, json, jsonl; several with commas (default: by the output, else vtt)',
    )
    .option('--frames <choice>', 'which frames to look at: auto, keyframes, scene, every:2s', 'auto')
    .option('--from <time>', 'start here (90s, 1:30, 1:02:03.5)')
    .option('--to <time>', 'end here')
    .option('--looks <1|2>', 'one look, or two', '2')
    .option('--min-confidence <0..1>', 'leave out of tracks what the model is less sure of')
    .option('--profile <name>', `whose rules of readability to keep: ${PROFILE_NAMES.join(', ')}`, 'web')
    .option('--kind <kind>', `what the track is: ${TRACK_KINDS.join(', ')}`, 'descriptions')
    .option('--language <tag>', 'its language, where the format has a place for it', DEFAULT_LANGUAGE)
    .option('--model <name|path>', 'a bundle by name, or the folder of one')
    .option('--workers <n>', 'inference processes (default: as many as pay off)')
    .option('--resume', 'go on where an interrupted run stopped (this is the default)', true)
    .option('--no-resume', 'start afresh, whatever an interrupted run has left')
    .option('--force', 'do finished tracks again, and write over files that are not ours')
    .option('--quiet', 'only failures on stderr')
    .option('--verbose', 'say what was tried where something fails')
    .option('--json', 'progress and summary as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], flags: CaptionFlags) => {
      process.exitCode = await runCaption(inputs, readSettings(flags));
    });
}
