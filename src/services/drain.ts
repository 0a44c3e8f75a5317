import { abortExitCode } from '../core/interruption.ts';
import { sleep } from '../core/sleep.ts';
import { counted } from '../core/wording.ts';
import type { QueueContext } from '../queue/queue-context.ts';

/** Between two looks. */
const LOOK_MS = 500;

/** Of the videos that were begun: those that go on, and those whose decoder died and that go on after `resume` only. */
async function begun(site: QueueContext): Promise<{ going: number; stranded: number }> {
  const running = (await site.records.list(0)).filter(({ state }) => state === 'running');
  let stranded = 0;
  for (const { id: video, run, priority, report } of running) {
    if (report === undefined && !(await site.queues.decodes({ video, run }, priority))) stranded += 1;
  }
  return { going: running.length - stranded, stranded };
}

/**
 * Waits until no video that was begun goes on; tells on stderr how many there are. Gives the exit code where a signal came
 * first.
 */
export async function waitUntilDrained(site: QueueContext, signal: AbortSignal): Promise<number | undefined> {
  const tell = (line: string): boolean => process.stderr.write(`secondglance: ${line}\n`);
  let told = -1;
  while (!signal.aborted) {
    const { going, stranded } = await begun(site);
    if (going === 0 && stranded > 0) tell(`${counted(stranded, 'video')} lost their decoder and go on after resume`);
    if (going === 0) return undefined;
    if (going !== told) tell(`draining, ${counted(going, 'video')} under way`);
    told = going;
    await sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return abortExitCode(signal);
}
