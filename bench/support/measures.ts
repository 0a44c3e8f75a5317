import { readFile } from 'node:fs/promises';

/** How long each of several runs takes, one after the other, in milliseconds. */
export async function timed(times: number, act: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let run = 0; run < times; run += 1) {
    const from = performance.now();
    await act();
    taken.push(performance.now() - from);
  }
  return taken;
}

/** The value that this share of the values does not exceed: 0.5 for the median, 1 for the largest. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Memory that a process has resident, in MiB. */
export async function memoryOf(pid: number): Promise<number> {
  const [, kilobytes = 'NaN'] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
