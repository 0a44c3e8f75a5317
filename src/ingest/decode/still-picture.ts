import sharp from 'sharp';
import type { ImageSpec } from '../../core/types.ts';
import { IngestError } from '../errors.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import type { Source } from '../sources/sources.ts';

/** What is read as a picture. sharp reads more: drawings (SVG), for one, which name further files. */
const KINDS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'heif', 'gif', 'tiff', 'jp2k', 'jxl']);

/** sharp's nearest kernel to each of the bundle's filters. `area` is a plain mean, which sharp has no other word for. */
const KERNELS = { bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3', area: 'linear' } as const;

/** Looks at a still picture's header. An animated one counts as its first picture. Throws `not-media`. */
export async function probePicture(source: Source): Promise<MediaInfo> {
  const meta = await sharp(source.input)
    .metadata()
    .catch((cause: unknown) => {
      throw badPicture(source, cause);
    });
  if (!KINDS.has(meta.format))
    throw new IngestError('not-media', `"${source.label}" is not a picture that can be read.`);
  return {
    container: 'picture',
    stream: 0,
    codec: meta.format,
    width: meta.width,
    height: meta.height,
    rotation: { 3: 180, 6: 90, 8: 270 }[meta.orientation ?? 1] ?? 0,
    sampleAspect: { num: 1, den: 1 },
    frameRate: null,
    pixelFormat: meta.space,
    transfer: null,
    primaries: null,
    matrix: null,
    range: null,
    hdr: false,
    start: 0,
    videoStart: 0,
    videoEnd: 0,
    duration: null,
    subtitles: 0,
  };
}

/**
 * Decodes a still picture to the bundle's size: turned as its EXIF says, converted to sRGB through its ICC profile,
 * transparent parts laid on white (most such pictures are drawings made for a page). Throws `damaged`, `not-media`.
 */
export async function readPicture(source: Source, image: ImageSpec): Promise<Uint8Array> {
  const { data } = await sharp(source.input)
    .rotate()
    .toColourspace('srgb')
    .flatten({ background: '#ffffff' })
    .resize(image.width, image.height, {
      fit: image.resize === 'stretch' ? 'fill' : 'cover',
      kernel: KERNELS[image.filter],
      // Shrinking inside the JPEG decoder is faster, but gives other pixels than the filter alone.
      fastShrinkOnLoad: false,
    })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw badPicture(source, cause);
    });
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function badPicture(source: Source, cause: unknown): IngestError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  // sharp itself refuses what has more than 0x3fff times 0x3fff pixels, before it decodes any.
  if (/exceeds pixel limit|exceeds the maximum|too large/i.test(reason)) {
    return new IngestError('too-large', `The picture "${source.label}" has too many pixels.`, { cause });
  }
  return /unsupported image format|not a known/i.test(reason)
    ? new IngestError('not-media', `"${source.label}" is not a picture that can be read.`, { cause })
    : new IngestError('unreadable', `The picture "${source.label}" is damaged (${reason}): get it again.`, { cause });
}
