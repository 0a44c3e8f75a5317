import { Command } from 'commander';
import { UsageError } from '../../core/failures.ts';
import { GUIDE_FORMAT_NAMES } from '../../steps/guide/guide-formats.ts';
import type { StepsFlags } from '../../steps/steps-settings.ts';
import { DESCRIPTION_FLAGS, givenFlag } from '../given-flag.ts';
import { modelOptions, outputOptions, passesOption, readTextOption, workersOption } from '../options.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance steps bookshelf.mp4                        writes bookshelf-guide/ next to it
  secondglance steps bookshelf.mp4 -o guide/ --title 'How to build a bookshelf'
  secondglance steps bookshelf.mp4 -o bookshelf.html      the page alone (its parts go to bookshelf_files/)
  secondglance steps bookshelf.mp4 -f chapters,list       chapters.vtt, and "0:00 Title" lines for video sites
  secondglance steps talk.mkv --min-step 20s --max-step 5m
  secondglance steps --from guide/                        rebuilds the guide after titles and times were edited
  secondglance steps bookshelf.mp4 -o guide/ --embed bookshelf-chapters.mp4

The text of a step comes from subtitles next to the video (NAME.vtt, NAME.en.srt) or inside it; chapters of the video become
steps.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 part of the video is missing, 130 or 143 after a signal.`;

/** Flags that shape steps and captions, by the name that commander gives their values. */
const MAKING_FLAGS = {
  minStep: '--min-step',
  maxStep: '--max-step',
  minConfidence: '--min-confidence',
  passes: '--passes',
  ...DESCRIPTION_FLAGS,
} as const;

/** Throws a UsageError where a flag is given that has no effect on a guide that is rebuilt. */
function checkRebuildFlags(command: Command): void {
  const given = givenFlag(command, MAKING_FLAGS);
  if (given !== undefined) {
    throw new UsageError(
      `${given[1]} has no effect with --from, which only rebuilds the guide from steps.json: leave it out`,
    );
  }
}

/** `secondglance steps [video]` */
export function stepsCommand(): Command {
  const command = new Command('steps')
    .description('make an illustrated step-by-step guide of an instruction video')
    .argument('[video...]', 'a video file or its http(s) URL')
    .option(
      '-o, --output <folder|file>',
      'where to write (default: NAME-guide next to the video); a file name writes that file, and its parts into NAME_files',
    )
    .option('-f, --format <list>', `${GUIDE_FORMAT_NAMES.join(', ')}; separated by commas (default: all)`)
    .option('--from <steps.json|folder>', 'rebuild the guide from its edited steps')
    .option('--title <text>', 'title of the guide (default: after the name of the video)')
    .option('--min-step <time>', 'shortest step', '5s')
    .option('--max-step <time>', 'longest step', '3m')
    .option('--min-confidence <0..1>', 'leave out captions below this confidence; 1 leaves out all', '0')
    .option('--embed <file>', 'also write a copy of the video with the steps as chapters: .mp4, .m4v, .mov, .mkv');
  command
    .option('--track <file>', 'subtitles to use (.vtt, .srt), in place of those beside or inside the video')
    .option('--subtitle-encoding <name>', 'encoding of subtitle files (default: detected)');
  workersOption(readTextOption(modelOptions(passesOption(command)))).option(
    '--force',
    'redo a finished guide, and overwrite files that were edited',
  );
  return outputOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((videos: readonly string[], flags: StepsFlags) =>
      runCommand(async ({ interruptible }) => {
        if (flags.from !== undefined) checkRebuildFlags(command);
        const signal = interruptible();
        const { readStepsSettings } = await import('../../steps/steps-settings.ts');
        const { input, settings } = readStepsSettings(videos, flags);
        const { runSteps } = await import('../actions/run-steps.ts');
        return runSteps(input, settings, signal);
      }),
    );
}
