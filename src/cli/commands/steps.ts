import { Command } from 'commander';
import { runSteps } from '../../steps/make-guide.ts';
import { readStepsSettings, type StepsFlags } from '../../steps/settings.ts';
import { runCommand } from '../run-command.ts';

const EXAMPLES = `
Examples:
  secondglance steps bookshelf.mp4                        bookshelf-guide/ beside it
  secondglance steps bookshelf.mp4 -o guide/              guide.html, guide.md, steps.json, chapters.vtt
  secondglance steps talk.mkv --min-step 20s --max-step 5m
  secondglance steps --from guide/steps.json              the guide again, after titles and times were edited
  secondglance steps bookshelf.mp4 -o guide/ --embed bookshelf-chapters.mp4

Subtitles beside the video (NAME.vtt, NAME.srt) or inside it give the words; its chapters give the steps.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 part of the video is missing, 130 or 143 after a signal.`;

/** `secondglance steps [video]` */
export function stepsCommand(): Command {
  return new Command('steps')
    .description('make a guide of an instruction video: its steps with times, pictures and words')
    .argument('[video]', 'a video file or its http(s) URL')
    .option('-o, --output <folder>', 'where to write (default: NAME-guide beside the video)')
    .option('--from <steps.json>', 'build the guide again from its edited steps')
    .option('--min-step <time>', 'no step is shorter', '5s')
    .option('--max-step <time>', 'no step is longer', '3m')
    .option('--embed <file>', 'also write a copy of the video with the steps as chapters (.mp4, .m4v, .mov, .mkv)')
    .option('--looks <1|2>', 'one look, or two', '2')
    .option('--model <name|path>', 'a bundle by name, or the folder of one')
    .option('--workers <n>', 'inference processes (default: as many as pay off)')
    .option('--force', 'make an up-to-date guide again, and write over what a person has edited')
    .option('--quiet', 'only failures on stderr')
    .option('--verbose', 'say what was tried where something fails')
    .option('--json', 'progress and summary as NDJSON on stdout')
    .addHelpText('after', EXAMPLES)
    .action((video: string | undefined, flags: StepsFlags) =>
      runCommand(async ({ interruptible }) => {
        const settings = readStepsSettings(video, flags);
        return runSteps({ video, from: flags.from }, settings, interruptible());
      }),
    );
}
