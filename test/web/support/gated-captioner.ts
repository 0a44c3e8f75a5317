import { chmod, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

const PROGRAM = `#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const open = () => Number(readFileSync(new URL('gate', import.meta.url), 'utf8'));
console.log(JSON.stringify({ ready: true }));
const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit());
let last = Promise.resolve();
lines.on('line', (line) => {
  const { id, time } = JSON.parse(line);
  last = last.then(async () => {
    while (time > open()) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(JSON.stringify({ id, text: 'Part ' + Math.floor(time / 2) }));
  });
});
`;

/** A model that waits: it captions pictures up to a time, and calls each two seconds of a video `Part N`. */
export interface GatedCaptioner {
  /** For --model. */
  readonly model: string;
  /** Lets it caption pictures up to this time, in seconds. */
  open(upTo: number): Promise<void>;
}

/** Writes the program of a gated captioner into a folder. It captions nothing yet. */
export async function gatedCaptioner(folder: string): Promise<GatedCaptioner> {
  const program = path.join(folder, 'captioner.mjs');
  await writeFile(program, PROGRAM);
  await chmod(program, 0o755);
  const gate = path.join(folder, 'gate');
  const open = async (upTo: number): Promise<void> => {
    await writeFile(`${gate}.new`, String(upTo));
    await rename(`${gate}.new`, gate);
  };
  await open(-1);
  return { model: `exec:${program}`, open };
}
