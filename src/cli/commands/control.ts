import { Command } from 'commander';
import { type SiteFlags, siteOptions } from '../options/queue-options.ts';
import { runCommand } from '../run-command.ts';

/** Loaded when asked for: Redis and BullMQ are nothing that `caption` needs. */
async function on<T>(
  flags: SiteFlags,
  act: Parameters<typeof import('../../services/queue-client.ts').withQueue<T>>[1],
): Promise<T> {
  const { withQueue } = await import('../../services/queue-client.ts');
  return withQueue(flags, act);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `secondglance cancel <id...>` */
export function cancelCommand(): Command {
  return siteOptions(
    new Command('cancel').description('end submitted videos before their time; no track of theirs is written'),
  )
    .argument('<id...>', 'as status shows them; the first letters do')
    .addHelpText('after', '\nExample:\n  secondglance cancel v3f2a')
    .action((ids: string[], flags: SiteFlags) =>
      runCommand(async () => {
        const { cancelVideo } = await import('../../queue/control.ts');
        const { forget } = await import('../../captioning/queued/submitted.ts');
        await on(flags, async (site) => {
          for (const id of ids) {
            const record = await cancelVideo(site, id);
            await forget(site, record.id);
            say(`${record.id}  cancelled  ${record.name}`);
          }
        });
      }),
    );
}

/** `secondglance retry <id...>` */
export function retryCommand(): Command {
  return siteOptions(
    new Command('retry').description(
      'take up videos that ended partial, failed or cancelled: only what is missing is done',
    ),
  )
    .argument('<id...>', 'as status shows them; the first letters do')
    .addHelpText('after', '\nExample:\n  secondglance retry v3f2a')
    .action((ids: string[], flags: SiteFlags) =>
      runCommand(async () => {
        const { submissionToRetry, submitVideo } = await import('../../queue/control.ts');
        const { remember } = await import('../../captioning/queued/submitted.ts');
        await on(flags, async (site) => {
          for (const text of ids) {
            const submission = await submissionToRetry(site, text);
            await remember(site, submission);
            const { id } = await submitVideo(site, submission);
            say(`${id}  queued`);
          }
        });
      }),
    );
}

/** `secondglance pause` */
export function pauseCommand(): Command {
  return siteOptions(new Command('pause').description('stop all work after the groups in hand; nothing is lost'))
    .addHelpText('after', '\nExample:\n  secondglance pause; secondglance resume')
    .action((flags: SiteFlags) => runCommand(() => on(flags, async ({ queues }) => queues.pause('all'))));
}

/** `secondglance resume` */
export function resumeCommand(): Command {
  return siteOptions(new Command('resume').description('go on after pause or drain'))
    .addHelpText('after', '\nExample:\n  secondglance resume')
    .action((flags: SiteFlags) => runCommand(() => on(flags, async ({ queues }) => queues.resume())));
}

/** `secondglance drain` */
export function drainCommand(): Command {
  return siteOptions(
    new Command('drain').description('begin no new video, and wait until those begun have ended; resume undoes it'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  secondglance drain && systemctl stop secondglance\n\nA second SIGINT ends the waiting; the site goes on draining.',
    )
    .action((flags: SiteFlags) =>
      runCommand(async ({ interruptible }) => {
        const { waitUntilDrained } = await import('../../services/drain.ts');
        return on(flags, async (site) => {
          await site.queues.pause('videos');
          return waitUntilDrained(site, interruptible());
        });
      }),
    );
}
