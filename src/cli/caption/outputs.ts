import { statSync } from 'node:fs';
import path from 'node:path';
import type { Source } from '../../ingest/sources.ts';
import { UsageError } from '../exit.ts';

/** The formats that `caption` writes. All but `jsonl` hold one input a file. */
export const FORMATS = ['vtt', 'srt', 'json', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** One file to write. `path` is absolute, or `-` for stdout. */
export interface Target {
  readonly format: Format;
  readonly path: string;
}

/** What to write for one input. */
export interface InputPlan {
  readonly source: Source;
  readonly targets: readonly Target[];
}

/** Either every input has targets of its own, or `collected` takes the lines of all of them in order. */
export interface OutputPlan {
  readonly inputs: readonly InputPlan[];
  readonly collected?: Target;
}

/** What the user said of outputs: `-o` and `-f`. */
export interface OutputRequest {
  readonly output?: string;
  readonly formats?: readonly Format[];
}

function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}

/** Reads `-f vtt,srt`. Throws a UsageError that names the unknown one. */
export function parseFormats(text: string): Format[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError(`-f needs a format: ${FORMATS.join(', ')}`);
  return [...new Set(names)].map((name) => {
    if (!isFormat(name)) throw new UsageError(`'${name}' is not a format that caption writes: ${FORMATS.join(', ')}`);
    return name;
  });
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function formatOf(output: string): Format | undefined {
  const extension = path.extname(output).slice(1).toLowerCase();
  return isFormat(extension) ? extension : undefined;
}

/** The folder beside which an input's track goes: its own for files, the current one for the rest. */
function homeOf(source: Source): string {
  return source.kind === 'file' || source.kind === 'picture' ? path.dirname(path.resolve(source.input)) : process.cwd();
}

function stemOf(name: string): string {
  return path.basename(name, path.extname(name));
}

/** Names in one folder; where two inputs share a stem, both keep their extension. */
function placeTracks(sources: readonly Source[], formats: readonly Format[], folder?: string): InputPlan[] {
  const places = sources.map((source) => {
    const base = path.basename(source.kind === 'url' || source.kind === 'stdin' ? source.name : source.input);
    const dir = folder === undefined ? homeOf(source) : path.resolve(folder, source.tree ?? '');
    return { source, base, stem: path.join(dir, stemOf(base)), whole: path.join(dir, base) };
  });
  const stems = new Map<string, number>();
  for (const { stem } of places) stems.set(stem, (stems.get(stem) ?? 0) + 1);

  const taken = new Map<string, string>();
  return places.map(({ source, stem, whole }) => {
    const trunk = stems.get(stem) === 1 ? stem : whole;
    const other = taken.get(trunk);
    if (other !== undefined) {
      throw new UsageError(
        `${other} and ${source.label} would both write ${trunk}.${formats[0]}: give them in runs of their own, with another -o`,
      );
    }
    taken.set(trunk, source.label);
    return { source, targets: formats.map((format) => ({ format, path: `${trunk}.${format}` })) };
  });
}

/**
 * Decides which file each input's captions go to. Touches nothing on disk; looks only at whether `-o` is a folder.
 * Throws a UsageError where the request makes no sense.
 */
export function planOutputs(sources: readonly Source[], request: OutputRequest): OutputPlan {
  const { output, formats } = request;
  if (output === undefined) return { inputs: placeTracks(sources, formats ?? ['vtt']) };

  if (output === '-') {
    const [format = sources.length === 1 ? 'vtt' : 'jsonl', ...more] = formats ?? [];
    if (more.length > 0) throw new UsageError('-o - takes one format: stdout is one stream');
    if (format !== 'jsonl' && sources.length > 1) {
      throw new UsageError(`-o - with ${sources.length} inputs needs -f jsonl: a ${format} track holds one input`);
    }
    return collect(sources, { format, path: '-' });
  }

  const format = formats?.[0] ?? formatOf(output);
  const folder =
    /[/\\]$/.test(output) ||
    isFolder(output) ||
    (formats?.length ?? 0) > 1 ||
    (sources.length > 1 && format !== 'jsonl');
  if (folder) {
    const chosen = formats ?? [formatOf(output.replace(/[/\\]+$/, '')) ?? 'vtt'];
    return { inputs: placeTracks(sources, chosen, output) };
  }
  if (format === undefined) {
    throw new UsageError(`cannot tell the format from '${output}': add -f vtt, or end the name of a folder with /`);
  }
  return collect(sources, { format, path: path.resolve(output) });
}

function collect(sources: readonly Source[], target: Target): OutputPlan {
  if (target.format === 'jsonl')
    return { inputs: sources.map((source) => ({ source, targets: [] })), collected: target };
  return { inputs: sources.map((source) => ({ source, targets: [target] })) };
}
