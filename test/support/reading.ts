import type { ImageSpec, Keyframe, Micros } from '../../src/core/types.ts';
import type { IngestReport } from '../../src/ingest/decode/damage.ts';
import type { MediaInfo } from '../../src/ingest/probe/media-info.ts';
import { probe } from '../../src/ingest/probe/probe.ts';
import { type ReadOptions, readKeyframes } from '../../src/ingest/read-keyframes.ts';
import { parseChoice } from '../../src/ingest/selectors/registry.ts';
import { expandInputs, type Source } from '../../src/ingest/sources/sources.ts';

/** A model size that no video has, wider than high so that a swap of the sides shows. */
export const IMAGE: ImageSpec = { width: 96, height: 80, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' };

/** A signal that is never given. */
export const NEVER: AbortSignal = new AbortController().signal;

/** The one source that `arg` stands for. */
export async function sourceOf(arg: string): Promise<Source> {
  const { sources, problems } = await expandInputs([arg]);
  const [source] = sources;
  if (source === undefined) throw problems[0]?.error ?? new Error(`no source for ${arg}`);
  return source;
}

/** Everything that was read of an input. */
export interface Reading {
  readonly source: Source;
  readonly media: MediaInfo;
  readonly keyframes: Keyframe[];
  readonly times: Micros[];
  readonly report: IngestReport;
}

/** An input that was probed. */
export type Opened = Pick<Reading, 'source' | 'media'>;

/** Probes an input, for those who read it several times: probing takes as long as reading a short video. */
export async function open(arg: string): Promise<Opened> {
  const source = await sourceOf(arg);
  return { source, media: await probe(source, { signal: NEVER }) };
}

/** Reads an input to its end. */
export async function readAll(
  input: string | Opened,
  choice: string,
  options: Partial<ReadOptions> = {},
): Promise<Reading> {
  const { source, media } = typeof input === 'string' ? await open(input) : input;
  const reader = readKeyframes(source, media, { image: IMAGE, signal: NEVER, choice: parseChoice(choice), ...options });
  const keyframes: Keyframe[] = [];
  for await (const keyframe of reader) keyframes.push(keyframe);
  return { source, media, keyframes, times: keyframes.map(({ pts }) => pts), report: await reader.report };
}

/** The error that a promise ends in. */
export async function errorOf(promise: Promise<unknown>): Promise<{
  code?: string;
  message: string;
  retryable?: boolean;
  detail?: { command?: string; stderr?: readonly string[] };
}> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('there was no error');
}

/** The name of the plain colour that a keyframe shows. */
export function colourOf({ pixels }: Keyframe): string {
  const bits = [0, 1, 2].map((channel) => ((pixels[channel] ?? 0) > 100 ? 1 : 0)).join('');
  return { '100': 'red', '010': 'lime', '001': 'blue', '110': 'yellow', '111': 'white' }[bits] ?? 'black';
}

/** Mean RGB of a keyframe inside a part of it, given as shares of its sides. */
export function meanColour(keyframe: Keyframe | undefined, left = 0, top = 0, right = 1, bottom = 1): number[] {
  if (keyframe === undefined) throw new Error('there is no keyframe');
  const { width, height, pixels } = keyframe;
  const sums = [0, 0, 0];
  let count = 0;
  for (let y = Math.floor(top * height); y < bottom * height; y++) {
    for (let x = Math.floor(left * width); x < right * width; x++) {
      for (const channel of [0, 1, 2])
        sums[channel] = (sums[channel] ?? 0) + (pixels[(y * width + x) * 3 + channel] ?? 0);
      count++;
    }
  }
  return sums.map((sum) => Math.round(sum / count));
}
