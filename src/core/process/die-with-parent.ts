import { Worker } from 'node:worker_threads';
import { findWrapper } from './find-wrapper.ts';

/*
 * How a child process ends when this process is killed and cannot end it any more. Two ways, because neither works for all children:
 *
 * - `deathSignalPrefix` for other programs (ffmpeg, ffprobe). They cannot watch their parent, and an ffmpeg that waits for a silent server or
 *   drops frames for minutes does not write to its closed pipe, so nothing ends it. On Linux the kernel can: util-linux's `setpriv` requests a
 *   signal for the death of the parent and then becomes the program. Elsewhere (macOS, BusyBox) ffmpeg ends with its next write.
 * - `exitWithParent` for our own Node processes. It works on every platform. `disconnect` of the IPC channel is not enough, because an
 *   inference process is deaf while a graph runs, which is synchronous native code; a thread of its own sees the parent's end meanwhile.
 */

/** How often the thread checks that the parent is alive. */
const CHECK_MS = 500;

/** What to put before a command so that the kernel kills it when this process dies; empty where the system has no way. */
export function deathSignalPrefix(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  return findWrapper('setpriv', ['--pdeathsig', 'KILL', '--'], env);
}

/** Compares with the parent's id of the beginning: on a busy machine the parent may be gone before the thread runs. */
const WATCH_PARENT = `
  const { workerData: parent } = require('node:worker_threads');
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, ${CHECK_MS});
`;

/** Called in a child with an IPC channel: kills it when its parent has ended. SIGKILL, because a running graph cannot be interrupted. */
export function exitWithParent(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const resourceLimits = { maxOldGenerationSizeMb: 8 };
  const thread = new Worker(WATCH_PARENT, { eval: true, execArgv: [], workerData: process.ppid, resourceLimits });
  thread.unref();
}
