import path from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../core/failures.ts';
import { type ModelFlags, modelOf } from '../../workers/model-flags.ts';
import { modelOptions, verboseOption } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeNote } from '../terminal.ts';

const EXAMPLES = `
Examples:
  secondglance explain photo.jpg -o look.png
  secondglance explain holiday.mp4@12.5 -o look.png       the frame at 12.5 s
  secondglance explain film.mkv@1:02:03.5 --json | jq -r '.final.words[] | "\\(.entropy) \\(.text)"'

The drawing shows the picture, the draft of the first pass, the final caption with its changes, and for each content word
where the model attended in each pass.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 or 143 after a signal.`;

/** The flags of `explain` as commander hands them over. */
interface ExplainFlags extends ModelFlags {
  readonly output?: string;
  readonly json?: boolean;
  readonly force?: boolean;
}

function checkOutput({ output, json = false }: ExplainFlags): void {
  if (output === undefined && !json)
    throw new UsageError('explain draws a picture: say where with -o look.png, or ask for --json');
  if (output === '-' && json) throw new UsageError('--json and -o - both write to stdout: write the picture to a file');
  if (output !== undefined && output !== '-' && path.extname(output).toLowerCase() !== '.png') {
    throw new UsageError(`-o ${output}: explain draws PNG, give it a name that ends in .png`);
  }
}

function toStdout(bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())));
}

/** `secondglance explain <picture|video@time>` */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description('draw what both passes wrote about a picture, and which parts of it they looked at')
    .argument('<picture|video@time>', 'a picture, or a video and a time in it (12.5, 1:30, 1:02:03.5)')
    .option('-o, --output <file.png|->', 'where to draw; - is stdout');
  return verboseOption(modelOptions(command))
    .option('--json', 'print the numbers as one JSON object on stdout')
    .option('--force', 'overwrite a file that secondglance did not write')
    .addHelpText('after', EXAMPLES)
    .action((moment: string, flags: ExplainFlags) =>
      runCommand(async ({ interruptible }) => {
        checkOutput(flags);
        const { output, json = false, force = false } = flags;
        const model = modelOf(flags);
        const file = output === undefined || output === '-' ? undefined : path.resolve(output);
        const signal = interruptible();
        // Loaded here: it loads the model's runtime, which other commands leave to their inference processes.
        const { explainInput } = await import('../../explain/explain-input.ts');
        const { text, numbers, drawing, notes } = await explainInput(moment, {
          draw: output !== undefined,
          ...(file === undefined ? {} : { file }),
          ...(model === undefined ? {} : { model }),
          force,
          signal,
        });
        for (const note of notes) writeNote(`${file ?? ''}: ${note}`);
        if (file !== undefined && !json) writeNote(`${moment}: ${text} -> ${file}`);
        if (drawing !== undefined && file === undefined) await toStdout(drawing);
        if (json) await toStdout(`${JSON.stringify({ ...numbers, output: file ?? null })}\n`);
      }),
    );
}
