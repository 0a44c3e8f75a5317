import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { temporaryFolder } from './folder.ts';

/** Where a journal may be, in a folder of its own. */
export async function journalFile(): Promise<string> {
  return path.join(await temporaryFolder(), 'journals', 'a.journal');
}

type Appender = ChildProcessByStdio<null, Readable, null>;

/** Starts a process that appends groups to a journal: first it says how many it has, then each group that is durable. */
export function startAppender(
  file: string,
  groups: number,
  stderr: 'inherit' | 'ignore' = 'inherit',
): { child: Appender; lines: AsyncIterator<string> } {
  const program = path.join(import.meta.dirname, 'appender.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, file, String(groups)], {
    stdio: ['ignore', 'pipe', stderr],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}
