import sharp from 'sharp';
import type { RawPicture } from '../regions/detail-regions.ts';

/** How pictures are sent. */
export interface JpegOptions {
  /** The longer side in pixels, at most. */
  readonly size: number;
  /** 1 to 100. */
  readonly quality: number;
}

/** A picture as a JPEG file. It is not enlarged. */
export function jpegOf({ width, height, pixels }: RawPicture, { size, quality }: JpegOptions): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(size, size, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** A picture as a JPEG `data:` URL, the one form that every server takes. */
export async function jpegUrl(picture: RawPicture, options: JpegOptions): Promise<string> {
  const bytes = await jpegOf(picture, options);
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}
