import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Runs in a process of the program: once a file is there, its clock is an hour ahead. */
const AHEAD = `
import { existsSync } from 'node:fs';
const now = Date.now;
Date.now = () => now() + (existsSync(process.env.CLOCK_FILE) ? 3_600_000 : 0);
`;

/** The environment of a run whose clock jumps an hour ahead when `file` is written. */
export async function jumpingClock(folder: string, file: string): Promise<Record<string, string>> {
  const module = path.join(folder, 'clock.mjs');
  await writeFile(module, AHEAD);
  return { NODE_OPTIONS: `--import=${module}`, CLOCK_FILE: file };
}
