import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** More processes than this cost memory (each holds the whole model) for little, next to a decoder that needs cores too. */
const MOST_PROCESSES = 8;

/** CPUs that a container's quota allows (cgroup v2 `cpu.max`: quota and period, or `max`), which `os` does not know. */
function quotaOf(file: string): number {
  try {
    const [quota, period] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    return quota && period ? Math.ceil(quota / period) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * How many inference processes pay off here: one for each core that this process may use, 8 at most.
 * @param quotaFile where the container's CPU quota stands
 */
export function defaultProcesses(quotaFile = '/sys/fs/cgroup/cpu.max'): number {
  return Math.max(1, Math.min(availableParallelism(), quotaOf(quotaFile), MOST_PROCESSES));
}
