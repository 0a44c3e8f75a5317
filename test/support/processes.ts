import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process as the system shows it. */
export interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  /** CPU time used so far, in whole seconds. */
  readonly cpuSeconds: number;
  readonly command: string;
}

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Linux has it all in /proc; a small installation has no `ps`. */
function fromProc(): ProcessLine[] {
  return readdirSync('/proc').flatMap((name): ProcessLine[] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The command's name stands in parentheses and may hold anything; state, parent, ... and CPU ticks follow it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const cpuSeconds = Math.floor((Number(fields[11]) + Number(fields[12])) / TICKS);
      return [{ pid: Number(name), parent: Number(fields[1]), cpuSeconds, command }];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}

function fromPs(): ProcessLine[] {
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

/** All processes that are alive; the ended ones that nobody has waited for yet are not. */
export function processes(): ProcessLine[] {
  return existsSync('/proc/self/stat') ? fromProc() : fromPs();
}

/** The inference processes that `parent` has started. */
export function inferenceProcesses(parent: number): number[] {
  return processes().flatMap((line) =>
    line.parent === parent && /workers.pool.child\.[jt]s/.test(line.command) ? [line.pid] : [],
  );
}

/** The first inference process of `parent`. Throws where there is none: 0 and -1 as a pid would signal other processes. */
export function anInferenceProcess(parent: number): number {
  const [pid] = inferenceProcesses(parent);
  if (pid === undefined) throw new Error(`process ${parent} has no inference process`);
  return pid;
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
