import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import type { FailureDetail } from '../errors.ts';
import { LineTail, TERM_GRACE_MS } from './run-process.ts';

/** How long the last stderr lines are waited for after the end: a helper that the process left behind may keep the pipe open. */
const LAST_LINES_MS = 250;

/** A Node process with an IPC channel. Messages are structured clones. */
export interface NodeProcess<Sent, Received> {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** False once it has ended, for whatever reason. */
  readonly alive: boolean;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<void>;
  /** Sends a message; a process that is ending may not get it. */
  send(message: Sent): void;
  onMessage(listener: (message: Received) => void): void;
  /** Exit code, signal and last stderr lines, as far as they are known yet. */
  detail(): FailureDetail;
  /** SIGTERM, then SIGKILL; resolves when it has ended. Does nothing when it has ended already. */
  stop(): Promise<void>;
  /** SIGKILL at once. */
  kill(): void;
}

/**
 * Starts a module of this package in a Node process of its own. The module calls `exitWithParent`, so that it ends with this process. Its
 * stdout is closed: ours may carry a track.
 * @param module URL of the module without its extension: `.js` when built; `.ts`, loaded through tsx, when run from the sources
 */
export function startNodeProcess<Sent extends object, Received>(module: string): NodeProcess<Sent, Received> {
  const fromSource = import.meta.url.endsWith('.ts');
  const child = execaNode(fileURLToPath(`${module}${fromSource ? '.ts' : '.js'}`), [], {
    nodeOptions: fromSource ? ['--import', import.meta.resolve('tsx')] : [],
    ipc: true,
    serialization: 'advanced',
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    reject: false,
    buffer: false,
    forceKillAfterDelay: TERM_GRACE_MS,
  });
  const tail = new LineTail();
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => tail.add(line));
  let end: { readonly exitCode: number | null; readonly signal: string | null } | undefined;
  const ended = new Promise<void>((resolve) => {
    child.on('exit', (exitCode, signal) => {
      end = { exitCode, signal };
      const timer = setTimeout(resolve, LAST_LINES_MS);
      lines.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    child.then(({ originalMessage }) => {
      if (child.pid === undefined) tail.add(originalMessage ?? 'The process could not be started');
      end ??= { exitCode: null, signal: null };
      resolve();
    });
  });
  return {
    pid: child.pid,
    get alive() {
      return end === undefined;
    },
    ended,
    send: (message) => {
      child.sendMessage(message as never).catch(() => undefined);
    },
    onMessage: (listener) => void child.on('message', (message) => listener(message as Received)),
    detail: () => ({ exitCode: end?.exitCode ?? null, signal: end?.signal ?? null, stderr: tail.lines }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
