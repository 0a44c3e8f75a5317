import { execFileSync } from 'node:child_process';

/** A process as `ps` shows it. */
export interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  /** CPU time used so far, in whole seconds. */
  readonly cpuSeconds: number;
  readonly command: string;
}

/** All processes that are alive; the ended ones that nobody has waited for yet are not. */
export function processes(): ProcessLine[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,time=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, state = '', time = '', command = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || state.startsWith('Z')
      ? []
      : [
          {
            pid: Number(pid),
            parent: Number(parent),
            cpuSeconds: time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0),
            command,
          },
        ];
  });
}

/** The inference processes that `parent` has started. */
export function inferenceProcesses(parent: number): number[] {
  return processes().flatMap((line) =>
    line.parent === parent && /workers.child\.[jt]s/.test(line.command) ? [line.pid] : [],
  );
}

/** Waits until `condition` gives something other than undefined or false; fails after `seconds`. */
export async function until<T>(condition: () => T | undefined | false, seconds: number, what: string): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
