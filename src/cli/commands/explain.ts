import { Command } from 'commander';
import { DEFAULT_BUNDLE } from '../../workers/bundle/bundle.ts';
import { runCommand } from '../run-command.ts';
import type { ExplainFlags } from './explain-run.ts';

const EXAMPLES = `
Examples:
  secondglance explain photo.jpg -o look.png
  secondglance explain holiday.mp4@12.5 -o look.png       the frame shown at 12.5 s
  secondglance explain film.mkv@1:02:03.5 --json | jq -r '.final.words[] | "\\(.entropy) \\(.text)"'

The drawing has the picture, the draft and the final caption with what was changed, and for each content word where the first
and the second look looked when they chose it.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 or 143 after a signal.`;

/** `secondglance explain <picture|video@time>` */
export function explainCommand(): Command {
  return new Command('explain')
    .description('draw what both looks at a picture wrote, and where they looked')
    .argument('<picture|video@time>', 'a picture, or a video and a time in it (12.5, 1:30, 1:02:03.5)')
    .option('-o, --output <file.png|->', 'where to draw')
    .option('--model <name|path>', 'a bundle by name, or the folder of one', DEFAULT_BUNDLE)
    .option('--json', 'the numbers as one JSON object on stdout')
    .option('--force', 'write over a file that is not ours')
    .option('--verbose', 'say what was tried where something fails')
    .addHelpText('after', EXAMPLES)
    .action((moment: string, flags: ExplainFlags) =>
      runCommand(async ({ interruptible }) => {
        const { runExplain } = await import('./explain-run.ts');
        return runExplain(moment, flags, interruptible());
      }),
    );
}
