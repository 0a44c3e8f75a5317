import { Command } from 'commander';
import type { SettingFlags } from '../../config/load.ts';
import { queueOptions } from '../options.ts';
import { runCommand } from '../run-command.ts';

/** Runs `act` on the queue. Redis and BullMQ are loaded here, so that other commands start without them. */
async function onQueue<T>(
  flags: SettingFlags,
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
  return queueOptions(new Command('cancel').description('cancel submitted videos; their tracks are not written'))
    .argument('<id...>', 'as status prints them; the first letters are enough')
    .addHelpText('after', '\nExample:\n  secondglance cancel v3f2a')
    .action((ids: string[], flags: SettingFlags) =>
      runCommand(async () => {
        const { cancelVideo } = await import('../../queue/control.ts');
        const { forget } = await import('../../captioning/queued/submitted.ts');
        await onQueue(flags, async (site) => {
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
  return queueOptions(
    new Command('retry').description(
      'retry videos that ended partial, failed or cancelled; finished captions are kept',
    ),
  )
    .argument('<id...>', 'as status prints them; the first letters are enough')
    .addHelpText('after', '\nExample:\n  secondglance retry v3f2a')
    .action((ids: string[], flags: SettingFlags) =>
      runCommand(async () => {
        const { submissionToRetry, submitVideo } = await import('../../queue/control.ts');
        const { remember } = await import('../../captioning/queued/submitted.ts');
        await onQueue(flags, async (site) => {
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
  return queueOptions(new Command('pause').description('stop all work after the groups in progress; nothing is lost'))
    .addHelpText('after', '\nExample:\n  secondglance pause; secondglance resume')
    .action((flags: SettingFlags) => runCommand(() => onQueue(flags, async ({ queues }) => queues.pause('all'))));
}

/** `secondglance resume` */
export function resumeCommand(): Command {
  return queueOptions(new Command('resume').description('continue after pause or drain'))
    .addHelpText('after', '\nExample:\n  secondglance resume')
    .action((flags: SettingFlags) => runCommand(() => onQueue(flags, async ({ queues }) => queues.resume())));
}

/** `secondglance drain` */
export function drainCommand(): Command {
  return queueOptions(
    new Command('drain').description(
      'start no new video, and wait until the running ones have ended; resume undoes it',
    ),
  )
    .addHelpText(
      'after',
      '\nExample:\n  secondglance drain && systemctl stop secondglance\n\nSIGINT ends the waiting only; the queue stays in this state until resume.',
    )
    .action((flags: SettingFlags) =>
      runCommand(async ({ interruptible }) => {
        const { waitUntilDrained } = await import('../../services/drain.ts');
        return onQueue(flags, async (site) => {
          await site.queues.pause('videos');
          return waitUntilDrained(site, interruptible());
        });
      }),
    );
}
