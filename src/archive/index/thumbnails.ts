import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { ImageSpec, Keyframe } from '../../core/types.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { outputError } from '../../storage/errors.ts';
import type { Database } from './database.ts';

const QUALITY = 72;

/** The folder of a state file's pictures. */
export function pictureFolder(stateFile: string): string {
  return `${stateFile}.pictures`;
}

/** The picture of a recording's keyframe. */
export function pictureFile(stateFile: string, recording: number, keyframe: number): string {
  return path.join(pictureFolder(stateFile), String(recording), `${keyframe}.jpg`);
}

/** The size of a thumbnail: the video's displayed shape, within the model's input size. */
function thumbnailSize(media: MediaInfo, image: ImageSpec): { width: number; height: number } {
  if (image.resize === 'crop') return { width: image.width, height: image.height };
  const wide = media.width * (media.sampleAspect.num / media.sampleAspect.den);
  const [width, height] = media.rotation % 180 === 0 ? [wide, media.height] : [media.height, wide];
  const factor = Math.min(image.width / width, image.height / height);
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/** The thumbnail of a keyframe, as a JPEG. */
export function thumbnailOf(
  { width, height, pixels }: Pick<Keyframe, 'width' | 'height' | 'pixels'>,
  media: MediaInfo,
  image: ImageSpec,
): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize({ ...thumbnailSize(media, image), fit: 'fill' })
    .jpeg({ quality: QUALITY })
    .toBuffer();
}

/**
 * Passes keyframes through and stores a thumbnail of each, from the decoded pixels. `fileOf` names its file, whose folder is created; a
 * keyframe without one gets none. Throws an OutputError where one cannot be written.
 */
export async function* withThumbnails(
  keyframes: AsyncIterable<Keyframe>,
  fileOf: (index: number) => string | undefined,
  media: MediaInfo,
  image: ImageSpec,
): AsyncGenerator<Keyframe, void, void> {
  let folder: string | undefined;
  for await (const keyframe of keyframes) {
    const file = fileOf(keyframe.index);
    if (file !== undefined) {
      try {
        if (folder !== path.dirname(file)) await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        folder = path.dirname(file);
        await writeFile(file, await thumbnailOf(keyframe, media, image), { mode: 0o600 });
      } catch (error) {
        throw outputError(error, `write the picture ${file}`);
      }
    }
    yield keyframe;
  }
}

/** Removes a recording's pictures, except those of the keyframes in `kept`. */
export async function prunePictures(stateFile: string, recording: number, kept: ReadonlySet<number>): Promise<void> {
  const folder = path.join(pictureFolder(stateFile), String(recording));
  for (const name of await readdir(folder).catch(() => [])) {
    if (!kept.has(Number.parseInt(name, 10))) await rm(path.join(folder, name), { force: true });
  }
  if (kept.size === 0) await rm(folder, { recursive: true, force: true });
}

/** Removes a recording's pictures that no cue refers to. */
export async function keepPictures(db: Database, stateFile: string, recording: number): Promise<void> {
  const rows = db.prepare('SELECT picture FROM cues WHERE recording = ?').all(recording) as { picture: number }[];
  await prunePictures(stateFile, recording, new Set(rows.map(({ picture }) => picture)));
}

/** Size of a recording's pictures, in bytes. */
export async function pictureBytes(stateFile: string, recording: number): Promise<number> {
  const folder = path.join(pictureFolder(stateFile), String(recording));
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    bytes += (await stat(path.join(folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
