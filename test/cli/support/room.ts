import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { tinyBundle } from '../../support/run.ts';
import { buildTinyBundle, type Colour, PALETTE, type TinyBundleOptions } from '../../support/tiny-bundle.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';
import { type Ended, type EndedLine, program, type Running, run, runEach, shell, start } from './program.ts';

/** A folder for one test, with a state folder of its own and a bundle that knows eight colours. */
export interface Bench {
  readonly folder: string;
  readonly bundle: string;
  /** The environment of its runs; what is added here is in that of the next. */
  readonly env: Record<string, string>;
  /** An absolute path in the folder. */
  at(...names: string[]): string;
  read(name: string): Promise<string>;
  /** `secondglance caption ARGS --model TINY` in the folder. */
  caption(...args: string[]): Promise<Ended>;
  /** Several `caption ARGS --model TINY` after each other in one process. */
  captionEach(...lines: (readonly string[])[]): Promise<EndedLine[]>;
  start(...args: string[]): Promise<Running>;
  /** A line of shell in the folder: `$CAPTION` is `secondglance caption --model TINY`, `$SG` the program. */
  shell(line: string, input?: Uint8Array): Promise<Ended>;
}

/**
 * `caption` with the tiny bundle (but not with `--track`, which captions nothing) and with one inference process, which is enough for a few pictures, whatever the number of cores. A test's own
 * `--workers` wins; with `--queue` there are none here.
 */
function captionArgs(args: readonly string[], bundle: string): string[] {
  if (args.includes('--track')) return ['caption', ...args];
  const workers = args.includes('--queue') ? [] : ['--workers', '1'];
  return ['caption', ...workers, ...args, '--model', bundle];
}

/** Gives every test of a file a bench of its own; `made` makes once what all of them share, in its folder. */
export function benches(
  made?: (folder: string) => Promise<void>,
  options: TinyBundleOptions = {},
): (name: string) => Promise<Bench & { readonly shared: string }> {
  let root: { path: string; remove: () => Promise<void> };
  const own = Object.keys(options).length > 0;
  const bundle = (): string => (own ? path.join(root.path, 'tiny') : tinyBundle());
  beforeAll(async () => {
    root = await makeFolder();
    if (own) await buildTinyBundle(bundle(), options);
    const shared = path.join(root.path, 'shared');
    await mkdir(shared);
    await Promise.all([program(), made?.(shared)]);
  });
  afterAll(() => root.remove());

  return async (name) => {
    const folder = path.join(root.path, name.replaceAll(/\W+/g, '-'));
    await mkdir(folder);
    const env = { SECONDGLANCE_STATE_DIR: path.join(root.path, `${path.basename(folder)}.state`) };
    const how = { cwd: folder, env };
    return {
      folder,
      bundle: bundle(),
      env,
      shared: path.join(root.path, 'shared'),
      at: (...names) => path.join(folder, ...names),
      read: (file) => readFile(path.join(folder, file), 'utf8'),
      caption: (...args) => run(captionArgs(args, bundle()), how),
      captionEach: (...lines) =>
        runEach(
          lines.map((args) => captionArgs(args, bundle())),
          how,
        ),
      start: (...args) => start(captionArgs(args, bundle()), how),
      shell: (line, input) =>
        shell(line.replaceAll('$CAPTION', `$SG caption --workers 1 --model '${bundle()}'`), {
          ...how,
          ...(input === undefined ? {} : { input }),
        }),
    };
  };
}

/** A colour as ffmpeg takes it. */
export function hex(colour: Colour): string {
  return `0x${PALETTE[colour].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * Makes a video that shows one colour after the other, with a hard cut between them.
 * @param seconds how long each is shown
 * @param options of the output, codec included
 */
export function colourVideo(
  file: string,
  colours: readonly Colour[],
  seconds: number,
  options: readonly string[] = ['-c:v', 'mpeg4', '-q:v', '3'],
  size = '64x48',
): Promise<string> {
  const shots = colours.map((colour, at) => `color=${hex(colour)}:s=${size}:r=10:d=${seconds}[s${at}]`);
  const joined = colours.map((_, at) => `[s${at}]`).join('');
  const graph = `${shots.join(';')};${joined}concat=n=${colours.length}[v]`;
  return ffmpeg('-filter_complex', graph, '-map', '[v]', ...options, file);
}

/** Makes 40 s of four colours: big enough to be cut in the middle, and readable up to there. */
export function longVideo(file: string): Promise<string> {
  return colourVideo(file, ['red', 'green', 'blue', 'yellow'], 10, ['-c:v', 'mpeg2video', '-g', '10']);
}

/** Makes a still picture of one colour. */
export function colourPicture(file: string, colour: Colour): Promise<string> {
  return ffmpeg('-f', 'lavfi', '-i', `color=${hex(colour)}:s=64x48`, '-frames:v', '1', file);
}

/** The objects of a text of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Times and text of the cues of a WebVTT track. */
export function cuesOf(vtt: string): string[] {
  return vtt
    .split('\n\n')
    .filter((block) => block.includes('-->'))
    .map((block) => block.trim().split('\n').slice(1).join(' '));
}
