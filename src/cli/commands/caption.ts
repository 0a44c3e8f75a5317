import { Command } from 'commander';
import { runCaption } from '../../captioning/caption-files.ts';
import { readSettings } from '../../captioning/settings.ts';
import { UsageError } from '../../core/failures.ts';
import { captionOptions } from '../options/caption-options.ts';
import { runCommand } from '../run-command.ts';
import { priorityOption, type SubmitFlags, submitInputs } from './submit.ts';

const EXAMPLES = `
Examples:
  secondglance caption holiday.mp4                       holiday.vtt beside it
  secondglance caption talk.mkv -f vtt,srt -o tracks/    tracks/talk.vtt and tracks/talk.srt
  secondglance caption recordings/ -o night.jsonl        one line for every keyframe of every file
  secondglance caption clip.mp4 --frames scene -o -      the track on stdout
  secondglance caption https://example.org/a.m3u8 --from 1:00 --to 2:30
  secondglance caption film.mp4 -f hls --language en     film.m3u8: the film and its track for HLS players
  secondglance caption film.mp4 --mux film.captions.mkv  the film with the track beside its other streams
  cat clip.mp4 | secondglance caption - -f srt -o -

Inputs are video files, animated GIF, pictures, folders, globs, http(s) URLs, HLS playlists, and - for stdin.
Exit codes: 0 done, 1 all failed, 2 wrong usage, 3 some inputs failed or are partial, 130 or 143 after a signal.`;

/** `secondglance caption <input...>` */
export function captionCommand(): Command {
  const command = new Command('caption')
    .description('write a track of captions for videos and pictures')
    .argument('<input...>', 'files, folders, globs, URLs, or - for stdin');
  return priorityOption(captionOptions(command))
    .option('--mux <file>', 'also a copy of the video with the track in it: .mp4, .mkv, .webm')
    .option('--burn <file>', 'also a copy of the video with the track drawn into its pictures')
    .option('--workers <n>', 'inference processes (default: as many as pay off)')
    .option('--resume', 'go on where an interrupted run stopped (this is the default)', true)
    .option('--no-resume', 'start afresh, whatever an interrupted run has left')
    .option('--queue', 'have services do it (see submit), and wait for them')
    .addHelpText('after', EXAMPLES)
    .action((inputs: string[], flags: SubmitFlags & { readonly queue?: boolean }) =>
      runCommand(async ({ interruptible }) => {
        if (flags.queue === true && (flags.mux ?? flags.burn) !== undefined) {
          throw new UsageError('--mux and --burn copy the video on this machine: leave --queue out');
        }
        if (flags.queue === true) return submitInputs(inputs, flags, true, interruptible());
        return runCaption(inputs, readSettings(flags), interruptible());
      }),
    );
}
