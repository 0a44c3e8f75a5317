import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Ended } from '../../cli/support/program.ts';
import type { Bench } from '../../cli/support/room.ts';

/** Runs `secondglance steps` with the tiny bundle in a bench's folder; an argument is one shell word. */
export function steps(bench: Bench, ...args: string[]): Promise<Ended> {
  const words = args.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  // A guide that is rebuilt takes no model.
  const model = args.includes('--from') ? '' : ` --model '${bench.bundle}'`;
  return bench.shell(`$SG steps ${words}${model}`);
}

/** A steps.json as far as the tests read it. */
export interface StepsFile {
  readonly title: string;
  readonly source: { readonly video: string; readonly duration: number };
  readonly words: { readonly subtitles: string | null; readonly chapters: number };
  readonly steps: {
    start: number;
    end: number;
    title: string;
    text: string;
    readonly captions: { readonly text: string; readonly confidence: number }[];
    picture?: { file: string; time: number };
  }[];
}

/** Reads a guide's steps.json. */
export async function stepsFile(bench: Bench, name = 'guide/steps.json'): Promise<StepsFile> {
  return JSON.parse(await bench.read(name)) as StepsFile;
}

/** What ffprobe says of a file. */
export async function ffprobe(file: string, ...show: string[]): Promise<Record<string, Record<string, unknown>[]>> {
  const { stdout } = await promisify(execFile)('ffprobe', ['-v', 'error', '-of', 'json', ...show, file]);
  return JSON.parse(stdout) as Record<string, Record<string, unknown>[]>;
}
