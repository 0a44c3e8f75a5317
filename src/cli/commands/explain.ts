import { Command } from 'commander';
import { modelOption, verboseOption } from '../options.ts';
import { runCommand } from '../run-command.ts';
import type { ExplainFlags } from './explain-run.ts';

const EXAMPLES = `
Examples:
  secondglance explain photo.jpg -o look.png
  secondglance explain holiday.mp4@12.5 -o look.png       the frame at 12.5 s
  secondglance explain film.mkv@1:02:03.5 --json | jq -r '.final.words[] | "\\(.entropy) \\(.text)"'

The drawing shows the picture, the draft of the first pass, the final caption with its changes, and for each content word
where the model attended in each pass.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 or 143 after a signal.`;

/** `secondglance explain <picture|video@time>` */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description('draw what both passes wrote about a picture, and where they attended')
    .argument('<picture|video@time>', 'a picture, or a video and a time in it (12.5, 1:30, 1:02:03.5)')
    .option('-o, --output <file.png|->', 'where to draw; - is stdout');
  return verboseOption(modelOption(command))
    .option('--json', 'print the numbers as one JSON object on stdout')
    .option('--force', 'overwrite a file that secondglance did not write')
    .addHelpText('after', EXAMPLES)
    .action((moment: string, flags: ExplainFlags) =>
      runCommand(async ({ interruptible }) => {
        const signal = interruptible();
        const { runExplain } = await import('./explain-run.ts');
        return runExplain(moment, flags, signal);
      }),
    );
}
