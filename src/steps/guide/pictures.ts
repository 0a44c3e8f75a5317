import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Micros } from '../../core/types.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { toSeconds } from '../../pipeline/cues/time.ts';
import { outputStatus } from '../../storage/output-manifest.ts';
import { StepsError } from '../errors.ts';
import { sharpestStill } from '../find/sharpest-still.ts';
import type { GuideStep } from './guide.ts';
import { type GuideFolder, readGuideFile, writeBytes } from './guide-files.ts';
import type { PageImage } from './guide-page.ts';

const FOLDER = 'pictures';
/** Formats that browsers show in `<img>`. */
const KINDS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'avif', 'gif']);

/** A video that pictures can be taken from. */
export interface PictureSource {
  readonly source: Source;
  readonly media: MediaInfo;
}

/** Named by its time, so that a picture keeps its name when steps are added or removed. */
function nameAt(time: Micros): string {
  return `${FOLDER}/at-${toSeconds(time).toFixed(3)}.jpg`;
}

/**
 * Writes the sharpest of the frames at `times` into the guide's folder. A file that the user has put there stays, unless
 * `force`. Undefined where no frame can be decoded.
 */
export async function takePicture(
  place: GuideFolder,
  { source, media }: PictureSource,
  times: readonly Micros[],
  options: { readonly signal: AbortSignal; readonly force: boolean },
): Promise<GuideStep['picture']> {
  const still = await sharpestStill(source, media, times, options.signal);
  if (still === undefined) return undefined;
  const { time, jpeg } = still;
  const file = nameAt(time);
  const status = await outputStatus(place.stateDir, path.join(place.folder, file), '');
  if (status !== 'foreign' || options.force) await writeBytes(place, file, jpeg);
  return { file, time };
}

/**
 * Loads the pictures of a guide's steps, by their file, to be embedded in the page. Missing files are left out. Throws
 * `steps-invalid` for a file that is outside the guide's folder or not a picture.
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
        `step ${at + 1}: the picture "${file}" is outside the guide's folder: move it there`,
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
        `step ${at + 1}: "${file}" is not a picture that browsers show: use JPEG, PNG or WebP`,
      );
    }
    const address = `data:image/${kind};base64,${bytes.toString('base64')}`;
    images.set(file, { address, width: meta.width, height: meta.height });
  }
  return images;
}

/** Removes pictures of earlier runs that no step shows. The user's own pictures stay. */
export async function removeStalePictures(place: GuideFolder, steps: readonly GuideStep[]): Promise<void> {
  const shown = new Set(steps.map(({ picture }) => picture?.file));
  const names = await readdir(path.join(place.folder, FOLDER)).catch(() => []);
  for (const name of names) {
    const file = path.join(place.folder, FOLDER, name);
    if (shown.has(`${FOLDER}/${name}`) || !/^at-[\d.]+\.jpg$/.test(name)) continue;
    if ((await outputStatus(place.stateDir, file, '')) !== 'foreign') await rm(file, { force: true });
  }
}
