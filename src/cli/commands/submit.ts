import { Command } from 'commander';
import { type CaptionFlags, readSettings } from '../../captioning/settings.ts';
import { UsageError } from '../../core/failures.ts';
import { PRIORITIES, type Priority } from '../../queue/names.ts';
import { captionOptions } from '../options/caption-options.ts';
import { type SiteFlags, siteOptions } from '../options/queue-options.ts';
import { runCommand } from '../run-command.ts';

/** The flags of `submit` as commander hands them over. */
export interface SubmitFlags extends CaptionFlags, SiteFlags {
  readonly priority: string;
  readonly wait?: boolean;
}

const EXAMPLES = `
Examples:
  secondglance submit /films/*.mp4                        one job for each; holiday.vtt beside holiday.mp4
  secondglance submit /films -o /tracks/ --priority low   a night's work
  secondglance submit talk.mkv -f vtt,json --wait         waits, and exits like caption
  secondglance status --watch

Services on any machine do the work (secondglance up, or ingest, worker and assemble); they see inputs and outputs under
the same paths, and have to be allowed to (SECONDGLANCE_ALLOW_PATHS, SECONDGLANCE_ALLOW_URLS).
The same input with the same options and outputs, submitted twice, is one job.
Exit codes: 0 submitted (with --wait: done), 1 all failed, 2 wrong usage, 3 some failed or are partial, 130 or 143 after
a signal: the jobs go on.`;

function priorityOf(text: string): Priority {
  const priority = PRIORITIES.find((name) => name === text);
  if (priority === undefined) throw new UsageError(`--priority ${text}: use ${PRIORITIES.join(', ')}`);
  return priority;
}

/** Adds how urgent a job is. */
export function priorityOption(command: Command): Command {
  return command.option('--priority <high|normal|low>', 'what is more urgent overtakes', 'normal');
}

/** Submits, as `submit` and `caption --queue` do. Gives back the exit code. */
export async function submitInputs(
  inputs: readonly string[],
  flags: SubmitFlags,
  wait: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { runSubmit } = await import('../../services/submit.ts');
  const request = { settings: readSettings(flags), flags, priority: priorityOf(flags.priority), wait };
  return runSubmit(inputs, request, signal);
}

/** `secondglance submit <input...>` */
export function submitCommand(): Command {
  const command = new Command('submit')
    .description('have a track of captions written by the services')
    .argument('<input...>', 'files, folders, globs or URLs, as the services see them');
  return priorityOption(siteOptions(captionOptions(command)))
    .option('--wait', 'until all are done')
    .addHelpText('after', EXAMPLES)
    .action((inputs: string[], flags: SubmitFlags) =>
      runCommand(({ interruptible }) => submitInputs(inputs, flags, flags.wait ?? false, interruptible())),
    );
}
