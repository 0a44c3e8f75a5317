import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One run of a command, measured from outside. */
export interface Run {
  /** Wall time in seconds. */
  readonly seconds: number;
  /** Peak memory of the command and its descendants, in bytes (sum of RSS; Linux only, else 0). */
  readonly peakRss: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PAGE = 4096;
const SAMPLE_MS = 100;

/** Parent and resident bytes of every process; empty where there is no /proc. */
function processes(): Map<number, { parent: number; rss: number }> {
  const found = new Map<number, { parent: number; rss: number }>();
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return found;
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The command's name stands in parentheses and may hold anything; fields 4 (parent) and 24 (pages) follow it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      found.set(Number(name), { parent: Number(fields[1]), rss: Number(fields[21]) * PAGE });
    } catch {
      // It ended in the meantime.
    }
  }
  return found;
}

/** Resident bytes of `root` and all its descendants. Shared pages count for each. */
export function treeRss(root: number): number {
  const all = processes();
  let sum = 0;
  for (const [pid, { rss }] of all) {
    let at: number | undefined = pid;
    while (at !== undefined && at !== root && at > 1) at = all.get(at)?.parent;
    if (at === root) sum += rss;
  }
  return sum;
}

function finished(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** Runs a command to its end and samples its process tree. Throws with its stderr if it fails. */
export async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const began = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  let peakRss = 0;
  const sampler = setInterval(() => {
    if (child.pid !== undefined) peakRss = Math.max(peakRss, treeRss(child.pid));
  }, SAMPLE_MS);
  const code = await finished(child);
  clearInterval(sampler);
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return { seconds, peakRss, stdout, stderr };
}
