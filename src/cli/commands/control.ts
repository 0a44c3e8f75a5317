import { Command } from 'commander';
import type { SettingFlags } from '../../config/load.ts';
import { counted } from '../../core/text/wording.ts';
import type { DrainProgress } from '../../services/drain.ts';
import { queueOptions } from '../options.ts';
import { runCommand } from '../run-command.ts';
import { writeLine, writeNote } from '../terminal.ts';

/** Runs `act` on the queue. Redis and BullMQ are loaded here, so that other commands start without them. */
async function onQueue<T>(
  flags: SettingFlags,
  act: Parameters<typeof import('../../services/queue-client.ts').withQueue<T>>[1],
): Promise<T> {
  const { loadSettings } = await import('../../config/load.ts');
  const { withQueue } = await import('../../services/queue-client.ts');
  return withQueue((await loadSettings({ flags })).settings, act);
}

function say(line: string): void {
  writeLine(line);
}

/** `secondglance cancel <id...>` */
export function cancelCommand(): Command {
  return queueOptions(new Command('cancel').description('cancel submitted videos; their tracks are not written'))
    .argument('<id...>', 'as status prints them; the first letters are enough')
    .addHelpText('after', '\nExample:\n  secondglance cancel v3f2a')
    .action((ids: string[], flags: SettingFlags) =>
      runCommand(async () => {
        const { cancelVideo } = await import('../../queue/video-control.ts');
        const { deleteSubmission } = await import('../../captioning/queued/submitted.ts');
        await onQueue(flags, async (queue) => {
          for (const id of ids) {
            const record = await cancelVideo(queue, id);
            await deleteSubmission(queue, record.id);
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
        const { submissionToRetry, submitVideo } = await import('../../queue/video-control.ts');
        const { recordSubmissions } = await import('../../captioning/queued/submitted.ts');
        await onQueue(flags, async (queue) => {
          for (const text of ids) {
            const submission = await submissionToRetry(queue, text);
            await recordSubmissions(queue, [submission]);
            const { id } = await submitVideo(queue, submission);
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
        const signal = interruptible();
        const { drain } = await import('../../services/drain.ts');
        const report = ({ running, stranded }: DrainProgress): void => {
          const note = (line: string): void => writeNote(`secondglance: ${line}`);
          if (running > 0) note(`draining, ${counted(running, 'video')} under way`);
          else if (stranded > 0) note(`${counted(stranded, 'video')} lost their decoder and go on after resume`);
        };
        await onQueue(flags, (queue) => drain(queue, report, signal));
      }),
    );
}
