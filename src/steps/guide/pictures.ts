import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Micros } from '../../core/types.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { toSeconds } from '../../pipeline/cues/time.ts';
import { outputStatus } from '../../storage/output-manifest.ts';
import { StepsError } from '../errors.ts';
import { sharpestStill } from '../find/stills.ts';
import type { GuideStep } from './guide.ts';
import { type GuidePlace, readGuideFile, writeBytes } from './guide-files.ts';
import type { PageImage } from './guide-page.ts';

const FOLDER = 'pictures';
/** What a browser shows in `<img>`. */
const KINDS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'avif', 'gif']);

/** A video that pictures can be taken from. */
export interface PictureSource {
  readonly source: Source;
  readonly media: MediaInfo;
}

/** Named by its time, so that a picture keeps its name when steps come and go. */
function nameAt(time: Micros): string {
  return `${FOLDER}/at-${toSeconds(time).toFixed(3)}.jpg`;
}

/**
 * Takes the clearest of the frames at `times` and puts it beside the guide. A picture that a person has put in its place
 * stays, unless `force`. Undefined where no frame can be had.
 */
export async function takePicture(
  place: GuidePlace,
  { source, media }: PictureSource,
  times: readonly Micros[],
  options: { readonly signal: AbortSignal; readonly force: boolean },
): Promise<GuideStep['picture']> {
  const still = await sharpestStill(source, media, times, options.signal);
  if (still === undefined) return undefined;
  const { time, jpeg } = still;
  const file = nameAt(time);
  const standing = await outputStatus(place.stateDir, path.join(place.folder, file), '');
  if (standing !== 'foreign' || options.force) await writeBytes(place, file, jpeg);
  return { file, time };
}

/**
 * The pictures of a guide's steps as they lie in its folder, by their file, for a page that carries them inside. One that
 * is not there is left out. Throws `steps-invalid` for a file outside of the guide's folder, or that is no picture.
 */
export async function pageImages(folder: string, steps: readonly GuideStep[]): Promise<Map<string, PageImage>> {
  const images = new Map<string, PageImage>();
  for (const [at, { picture }] of steps.entries()) {
    if (picture === undefined || images.has(picture.file)) continue;
    const { file } = picture;
    const inside = path.relative(folder, path.resolve(folder, file));
    if (path.isAbsolute(file) || inside.startsWith('..') || path.isAbsolute(inside)) {
      throw new StepsError(
        'steps-invalid',
        `step ${at + 1}: the picture "${file}" lies outside of the guide's folder: put it there`,
      );
    }
    const bytes = await readGuideFile(folder, file);
    if (bytes === undefined) continue;
    const meta = await sharp(bytes)
      .metadata()
      .catch(() => undefined);
    const kind = meta?.format === 'heif' ? 'avif' : meta?.format;
    if (meta === undefined || kind === undefined || !KINDS.has(kind)) {
      throw new StepsError(
        'steps-invalid',
        `step ${at + 1}: "${file}" is no picture that a browser shows: use JPEG, PNG or WebP`,
      );
    }
    const address = `data:image/${kind};base64,${bytes.toString('base64')}`;
    images.set(file, { address, width: meta.width, height: meta.height });
  }
  return images;
}

/** Removes pictures that an earlier run has left and no step shows. A person's stay. */
export async function sweepPictures(place: GuidePlace, steps: readonly GuideStep[]): Promise<void> {
  const shown = new Set(steps.map(({ picture }) => picture?.file));
  const names = await readdir(path.join(place.folder, FOLDER)).catch(() => []);
  for (const name of names) {
    const file = path.join(place.folder, FOLDER, name);
    if (shown.has(`${FOLDER}/${name}`) || !/^at-[\d.]+\.jpg$/.test(name)) continue;
    if ((await outputStatus(place.stateDir, file, '')) !== 'foreign') await rm(file, { force: true });
  }
}
