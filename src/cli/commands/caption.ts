import { Command } from 'commander';
import { UsageError } from '../../core/failures.ts';
import { onInterrupted } from '../../core/lifetime/interruption.ts';
import { shellWord } from '../../core/text/shell-word.ts';
import { runsHere } from '../../workers/model-flags.ts';
import type { CaptionFlags } from '../caption-flags.ts';
import { DESCRIPTION_FLAGS, givenFlag } from '../given-flag.ts';
import { captionOptions, priorityOption, workersOption } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { runSubmit, type SubmitFlags } from './submit.ts';

const EXAMPLES = `
Examples:
  secondglance caption holiday.mp4                       writes holiday.vtt next to it
  secondglance caption talk.mkv -f vtt,srt -o tracks/    writes tracks/talk.vtt and tracks/talk.srt
  secondglance caption recordings/ -o all.jsonl          one line per keyframe of every file
  secondglance caption clip.mp4 --frames scene -o -      prints the track
  secondglance caption https://example.org/a.m3u8 --from 1:00 --to 2:30
  secondglance caption film.mp4 -f hls --language en     film.m3u8: the film and its track for HLS players
  secondglance caption film.mp4 --mux film.captions.mkv  a copy of the film with the track in it
  secondglance caption film.mp4 --track film.vtt --mux film.captions.mkv   the same with the edited film.vtt
  cat clip.mp4 | secondglance caption - -f srt -o -

Inputs are video files, animated GIFs, pictures, folders, globs, http(s) URLs, HLS playlists, and - for stdin.
An interrupted run resumes when the same command is run again. docs/errors.md lists all errors.
Exit codes: 0 done, 1 all failed, 2 wrong usage, 3 some inputs failed or are partial, 130 or 143 after a signal.`;

interface Flags extends CaptionFlags, SubmitFlags {
  readonly queue?: boolean;
}

/** Flags that shape captions, by the name that commander gives their values. */
const CAPTION_FLAGS = {
  profile: '--profile',
  frames: '--frames',
  passes: '--passes',
  minConfidence: '--min-confidence',
  ...DESCRIPTION_FLAGS,
} as const;

/** Throws a UsageError where a flag is given that has no effect on the cues of a track file. */
function checkTrackFlags(command: Command, file: string): void {
  const given = givenFlag(command, CAPTION_FLAGS);
  if (given === undefined) return;
  const [name, flag] = given;
  const instead =
    name === 'profile'
      ? `leave it out, or fit a copy of the file first: secondglance check ${shellWord(file)} --fix --profile ${command.getOptionValue(name)}`
      : 'leave it out';
  throw new UsageError(`${flag} shapes captions, and the cues of --track stay as they are: ${instead}`);
}

/** Throws a UsageError where a flag has no effect on the machine that would do the work. */
function checkFlags({ queue = false, mux, burn, track, workers, resume, priority }: Flags): void {
  if (!queue && priority !== undefined) throw new UsageError('--priority orders jobs in the queue: add --queue');
  if (!queue) return;
  if ((mux ?? burn) !== undefined) {
    throw new UsageError('--mux and --burn copy the video on this machine: leave --queue out');
  }
  if (track !== undefined) throw new UsageError('--track is read on this machine: leave --queue out');
  if (workers !== undefined) throw new UsageError('--workers is for this machine: leave it out with --queue');
  if (!resume) throw new UsageError('--no-resume is for this machine: leave it out with --queue');
}

/** `secondglance caption <input...>` */
export function captionCommand(): Command {
  const command = new Command('caption')
    .description('caption videos and pictures')
    .argument('<input...>', 'files, folders, globs, URLs, or - for stdin');
  return workersOption(captionOptions(command))
    .option('--mux <file>', 'also write a copy of the video that contains the track: .mp4, .mkv, .webm')
    .option('--burn <file>', 'also write a copy of the video with the track drawn into its frames')
    .option('--track <file>', 'write the cues of this .vtt or .srt file instead of captions')
    .option('--subtitle-encoding <name>', 'encoding of that file (default: detected)')
    .option('--resume', 'resume an interrupted run', true)
    .option('--no-resume', 'start over')
    .option('--queue', 'let services do the work (see submit), and wait for them')
    .addOption(priorityOption())
    .addHelpText('after', EXAMPLES)
    .action((inputs: string[], flags: Flags) =>
      runCommand(async ({ interruptible, resources }) => {
        checkFlags(flags);
        if (flags.track !== undefined) checkTrackFlags(command, flags.track);
        if (flags.queue === true) return runSubmit(inputs, flags, true, interruptible());
        const signal = interruptible();
        if (flags.track === undefined && runsHere(flags.model)) {
          const { startSpare, stopSpare } = await import('../../workers/pool/spare-process.ts');
          startSpare();
          resources.defer(stopSpare);
        }
        const { readCaptionFlags } = await import('../caption-flags.ts');
        const { humanReporter, jsonReporter } = await import('../reporters.ts');
        const request = readCaptionFlags(flags);
        const reporter = request.json ? jsonReporter() : await humanReporter(request);
        // Shown before the rest of the program is loaded.
        reporter.phase('starting');
        onInterrupted(signal, () => reporter.note('secondglance: stopping; run the same command again to resume'));
        const { captionFiles } = await import('../../captioning/caption-files.ts');
        const { streamSink } = await import('../../storage/stream-sink.ts');
        const host = { reporter, stdout: streamSink(process.stdout), began: 0, signal };
        if (request.track !== undefined) {
          const { writeTrackFile } = await import('../../captioning/write-track-file.ts');
          return writeTrackFile(inputs, request, request.track, host);
        }
        return captionFiles(inputs, request, host);
      }),
    );
}
