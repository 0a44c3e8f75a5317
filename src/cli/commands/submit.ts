import { Command } from 'commander';
import type { SettingFlags } from '../../config/load.ts';
import { UsageError } from '../../core/failures.ts';
import { printableLine } from '../../core/text/printable.ts';
import { PRIORITIES, type Priority } from '../../queue/priority.ts';
import type { Submitted } from '../../queue/video-control.ts';
import type { CaptionFlags } from '../caption-flags.ts';
import { captionOptions, priorityOption, queueOptions } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** The flags of `submit` as commander passes them. */
export interface SubmitFlags extends CaptionFlags, SettingFlags {
  readonly priority?: string;
  readonly wait?: boolean;
}

const EXAMPLES = `
Examples:
  secondglance submit /films/*.mp4                        one job per film; holiday.vtt next to holiday.mp4
  secondglance submit /films -o /tracks/ --priority low
  secondglance submit talk.mkv -f vtt,json --wait         waits, and exits like caption
  secondglance status --watch

Services on any machine do the work: secondglance up, or ingest, worker and assemble. They must see inputs and outputs
under the same paths, and be allowed to use them (SECONDGLANCE_ALLOW_PATHS, SECONDGLANCE_ALLOW_URLS).
Submitting the same input with the same options and outputs again gives the same job.
Exit codes: 0 submitted (with --wait: done), 1 all failed, 2 wrong usage, 3 some failed or are partial, 130 or 143 after
a signal; the jobs continue.`;

function priorityOf(text: string): Priority {
  const priority = PRIORITIES.find((name) => name === text);
  if (priority === undefined) throw new UsageError(`--priority ${text}: use ${PRIORITIES.join(', ')}`);
  return priority;
}

/** Submits, as `submit` and `caption --queue` do. Returns the exit code. */
export async function runSubmit(
  inputs: readonly string[],
  flags: SubmitFlags,
  wait: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { humanReporter, jsonReporter } = await import('../reporters.ts');
  const { readCaptionFlags } = await import('../caption-flags.ts');
  const { loadSettings } = await import('../../config/load.ts');
  const { submitInputs } = await import('../../services/submit.ts');
  const settings = readCaptionFlags(flags);
  const priority = priorityOf(flags.priority ?? 'normal');
  const { settings: queue } = await loadSettings({ flags });
  const reporter = settings.json ? jsonReporter() : await humanReporter(settings);
  const onSubmitted = (name: string, { id, begun }: Submitted): void => {
    if (wait || settings.quiet) return;
    if (settings.json) writeJson({ event: 'submitted', id, video: name, begun });
    else writeLine(`${id}  ${printableLine(name)}${begun ? '' : '  (queued or running already)'}`);
  };
  return submitInputs(inputs, { settings, queue, priority, wait, reporter, onSubmitted }, signal);
}

/** `secondglance submit <input...>` */
export function submitCommand(): Command {
  const command = new Command('submit')
    .description('queue videos for the services to caption')
    .argument('<input...>', 'files, folders, globs or URLs, as the services see them');
  return queueOptions(captionOptions(command))
    .addOption(priorityOption())
    .option('--wait', 'wait until all are done')
    .addHelpText('after', EXAMPLES)
    .action((inputs: string[], flags: SubmitFlags) =>
      runCommand(({ interruptible }) => runSubmit(inputs, flags, flags.wait ?? false, interruptible())),
    );
}
