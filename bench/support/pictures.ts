import type { ImageSpec } from '../../src/core/types.ts';
import { readPicture } from '../../src/ingest/decode/still-picture.ts';
import { expandInputs } from '../../src/ingest/sources/sources.ts';

/** The still pictures in a folder, in order of name, `most` at most, as the bundle takes them. Throws if there are none. */
export async function readPictures(folder: string, image: ImageSpec, most: number): Promise<Uint8Array[]> {
  const { sources, problems } = await expandInputs([folder]);
  const pictures = sources.filter(({ kind }) => kind === 'picture').slice(0, most);
  if (pictures.length === 0) throw problems[0]?.error ?? new Error(`${folder} has no pictures in it`);
  return Promise.all(pictures.map((source) => readPicture(source, image)));
}

/** Pictures of noise, for measurements that do not depend on the content. */
export function noisePictures({ width, height }: ImageSpec, count: number): Uint8Array[] {
  let state = 1;
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: width * height * 3 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** In groups of eight, as the runtime takes them. */
export function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
