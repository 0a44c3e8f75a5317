import { totalmem } from 'node:os';
import { findWrapper } from './find-wrapper.ts';

const GIB = 2 ** 30;

/**
 * Bytes of memory that another program may take: half of what this machine or container has, within 1 to 8 GiB. A hostile file then ends ffmpeg,
 * not the machine.
 */
export function childMemoryLimit(): number {
  // Node 20.13 and newer; 0 without a limit.
  const constrained = (process as { constrainedMemory?(): number | undefined }).constrainedMemory?.() ?? 0;
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.round(Math.min(8 * GIB, Math.max(GIB, total / 2)));
}

/** What to put before a command so that it may take no more than {@link childMemoryLimit}; empty where the system has no way. */
export function memoryLimitPrefix(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  // The data limit counts what a program writes to, not what it reserves.
  return findWrapper('prlimit', [`--data=${childMemoryLimit()}`, '--'], env);
}
