import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** More processes gain little, because the video decoder needs cores too, and each holds the whole model in memory. */
const MOST_PROCESSES = 8;

/** CPUs in a container's quota (cgroup v2 `cpu.max`: quota and period, or `max`), which `os` does not report. */
function quotaOf(file: string): number {
  try {
    const [quota, period] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    return quota && period ? Math.ceil(quota / period) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * The default number of inference processes: one for each core that this process may use, 8 at most.
 * @param quotaFile the cgroup file with the container's CPU quota
 */
export function defaultProcesses(quotaFile = '/sys/fs/cgroup/cpu.max'): number {
  return Math.max(1, Math.min(availableParallelism(), quotaOf(quotaFile), MOST_PROCESSES));
}
