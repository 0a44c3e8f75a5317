import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessLine, processes, until } from '../../support/processes.ts';

/**
 * Runs in every process of the program and writes down each group that an inference process is given. `emit` is
 * wrapped, because a listener of its own would swallow what comes before the program listens. While there is a {@link holdFile},
 * groups wait from the line on whose number it contains: a run does not end before it is interrupted, however slow the machine.
 */
const SPY = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
const { SPY_FILE } = process.env;
const emit = process.emit;
process.emit = function (name, message, ...rest) {
  if (process.send && name === 'message' && message?.type === 'caption') {
    appendFileSync(SPY_FILE, message.group.video + ' ' + message.group.index + '\\n');
    const held = SPY_FILE + '.hold';
    if (existsSync(held) && readFileSync(SPY_FILE, 'utf8').split('\\n').length > Number(readFileSync(held, 'utf8'))) {
      while (existsSync(held)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
  return emit.call(this, name, message, ...rest);
};
`;

/** A file that holds runs; see {@link spyEnv}. */
export function holdFile(spyFile: string): string {
  return `${spyFile}.hold`;
}

/** The environment in which every inference leaves a line in `SPY_FILE`. */
export async function spyEnv(folder: string, file: string): Promise<Record<string, string>> {
  const module = path.join(folder, 'spy.mjs');
  await writeFile(module, SPY);
  return { NODE_OPTIONS: `--import=${module}`, SPY_FILE: file };
}

/** The groups that were inferred, each as `VIDEO INDEX`, as often as it was begun. */
export function inferred(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** The groups whose captions are durable, as `VIDEO INDEX`. A torn last line is none. */
export function durable(stateDir: string): string[] {
  const folder = path.join(stateDir, 'journals');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n').slice(1, -1))
    .flatMap((line) => {
      const record = JSON.parse(line) as { group: number; captions: { video: string }[] };
      return [`${record.captions[0]?.video} ${record.group}`];
    });
}

/** What a process has started, and what those have. */
export function descendants(pid: number): ProcessLine[] {
  const all = processes();
  const below = (parent: number): ProcessLine[] =>
    all.filter((line) => line.parent === parent).flatMap((line) => [line, ...below(line.pid)]);
  return below(pid);
}

/** Waits until none of these processes is alive any more. */
export async function gone(lines: readonly ProcessLine[]): Promise<void> {
  const pids = new Set(lines.map(({ pid }) => pid));
  await until(() => !processes().some(({ pid }) => pids.has(pid)), 60, 'ffmpeg and inference gone');
}
