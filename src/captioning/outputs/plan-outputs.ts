import path from 'node:path';
import { UsageError } from '../../core/failures.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { FORMAT_NAMES, type FormatName, trackFormat } from '../../pipeline/formats/formats.ts';
import { trackEnding } from '../../pipeline/subtitle-names.ts';
import { kindOf } from '../../storage/kind-of.ts';
import { formatOf, requireEnding, type Target, videoTarget } from './target.ts';

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

/** What the user said of outputs: `-o`, `-f`, `--mux`, `--burn`. */
export interface OutputRequest {
  readonly output?: string;
  readonly formats?: readonly FormatName[];
  readonly mux?: string;
  readonly burn?: string;
  /** The language (BCP 47) that names of subtitle files say where the user named it and not the file: `film.de.srt`. */
  readonly nameLanguage?: string;
}

/** Parses `-f vtt,srt`. Throws a UsageError that names the unknown one. */
export function parseFormats(text: string): FormatName[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError(`-f needs a format: ${FORMAT_NAMES.join(', ')}`);
  return [...new Set(names)].map((name) => {
    const format = trackFormat(name);
    if (format === undefined) {
      throw new UsageError(`'${name}' is not a format that caption writes: ${FORMAT_NAMES.join(', ')}`);
    }
    return format.name;
  });
}

/** The folder of an input's track without `-o`: the input's own, or the current one for URLs and stdin. */
function homeOf(source: Source): string {
  return source.kind === 'file' || source.kind === 'picture' ? path.dirname(path.resolve(source.input)) : process.cwd();
}

function stemOf(name: string): string {
  return path.basename(name, path.extname(name));
}

/** Names the tracks. Two inputs that share a stem in one folder keep their extensions. */
function placeTracks(
  sources: readonly Source[],
  formats: readonly FormatName[],
  language: string | undefined,
  folder?: string,
): InputPlan[] {
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
        `${other} and ${source.label} would both write ${trunk}.${trackEnding(formats[0] ?? 'vtt', language)}: caption them in separate runs, with another -o`,
      );
    }
    taken.set(trunk, source.label);
    return {
      source,
      targets: formats.map((format) => ({ format, path: `${trunk}.${trackEnding(format, language)}` })),
    };
  });
}

/** The option that named an output. */
function optionOf(into: Target['into']): string {
  return into === undefined ? '-o' : `--${into}`;
}

/**
 * Decides which files each input's captions go to. Writes nothing, and reads only what exists at `-o`. `wanted` is the
 * number of inputs that were named, so that a missing one does not turn a folder into a file. Throws a UsageError if the
 * request is contradictory.
 */
export function planOutputs(sources: readonly Source[], request: OutputRequest, wanted = sources.length): OutputPlan {
  const plan = addVideos(plannedOutputs(sources, request, wanted), request, wanted);
  const inputs = new Map(sources.map((source) => [source.input, source.label]));
  const targets = [...plan.inputs.flatMap((input) => input.targets), ...(plan.collected ? [plan.collected] : [])];
  const seen = new Set<string>();
  for (const { path: file, format, into } of targets) {
    if (file.includes('\uFFFD')) {
      throw new UsageError(
        `${file} cannot be written, because its name or folder is not UTF-8: choose another ${optionOf(into)}`,
      );
    }
    if (file !== '-' && seen.has(file))
      throw new UsageError(`${file} would be written twice: give each output a name of its own`);
    seen.add(file);
    const input = file === '-' ? undefined : inputs.get(file);
    if (input !== undefined)
      throw new UsageError(`the output would overwrite the input ${input}: choose another ${optionOf(into)}`);
    if (file !== '-' && into === undefined) requireEnding(file, format);
  }
  return plan;
}

/** Adds the copies of the video that `--mux` and `--burn` ask for. */
function addVideos(plan: OutputPlan, { mux, burn }: OutputRequest, wanted: number): OutputPlan {
  const videos = [
    ...(mux === undefined ? [] : [videoTarget('mux', mux)]),
    ...(burn === undefined ? [] : [videoTarget('burn', burn)]),
  ];
  if (videos.length === 0) return plan;
  const flag = mux === undefined ? '--burn' : '--mux';
  if (wanted > 1)
    throw new UsageError(`${flag} takes one input: run the command once for each of the ${wanted} inputs`);
  const [input] = plan.inputs;
  if (input === undefined) return plan;
  if (input.source.kind === 'picture')
    throw new UsageError(`${flag} takes a video, and ${input.source.label} is a picture`);
  // With one input, its lines are an output like any other.
  const lines = plan.collected === undefined ? [] : [plan.collected];
  return { inputs: [{ ...input, targets: [...input.targets, ...lines, ...videos] }] };
}

function plannedOutputs(
  sources: readonly Source[],
  { output, formats, nameLanguage }: OutputRequest,
  wanted: number,
): OutputPlan {
  if (output === undefined) return { inputs: placeTracks(sources, formats ?? ['vtt'], nameLanguage) };
  if (output === '') throw new UsageError('-o needs the name of a file or a folder, or -');

  if (output === '-') {
    const [format = wanted > 1 ? 'jsonl' : 'vtt', ...more] = formats ?? [];
    if (more.length > 0) throw new UsageError('-o - takes one format: stdout is one stream');
    const { includesVideo, severalInputs, extension } = trackFormat(format);
    if (includesVideo === true) {
      throw new UsageError(
        `-o - cannot take ${format}, which is many files: give it a name that ends in .${extension}`,
      );
    }
    if (severalInputs !== true && wanted > 1) {
      throw new UsageError(`-o - with ${wanted} inputs needs -f jsonl: a ${format} track holds one input`);
    }
    return collect(sources, { format, path: '-' });
  }

  const slashed = /[/\\]$/.test(output);
  const existing = kindOf(output.replace(/[/\\]+$/, '') || output);
  const format = formats?.[0] ?? formatOf(output);
  const shared = format !== undefined && trackFormat(format).severalInputs === true;
  const folder = slashed || existing === 'folder' || (formats?.length ?? 0) > 1 || (wanted > 1 && !shared);
  if (folder) {
    if (existing !== 'folder' && existing !== undefined) {
      const why = slashed
        ? 'it ends with /'
        : (formats?.length ?? 0) > 1
          ? 'several formats need one'
          : `${wanted} inputs need one`;
      throw new UsageError(`-o ${output} has to be a folder (${why}), but there is a file of that name`);
    }
    const chosen = formats ?? [formatOf(output.replace(/[/\\]+$/, '')) ?? 'vtt'];
    return { inputs: placeTracks(sources, chosen, nameLanguage, output) };
  }
  if (format === undefined) {
    throw new UsageError(`cannot tell the format from -o ${output}: add -f vtt, or end the name of a folder with /`);
  }
  return collect(sources, { format, path: path.resolve(output) });
}

function collect(sources: readonly Source[], target: Target): OutputPlan {
  if (trackFormat(target.format).severalInputs === true) {
    return { inputs: sources.map((source) => ({ source, targets: [] })), collected: target };
  }
  return { inputs: sources.map((source) => ({ source, targets: [target] })) };
}
