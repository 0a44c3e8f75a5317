import type { RawPicture } from '../workers/regions/detail-regions.ts';
import { jpegOf } from '../workers/server/jpeg.ts';

/** Pictures for outputs have the model's size. */
const PICTURE = { size: 1024, quality: 85 };

/** A frame as outputs show it: JPEG. */
export function pictureOf(frame: RawPicture): Promise<Uint8Array> {
  return jpegOf(frame, PICTURE);
}
