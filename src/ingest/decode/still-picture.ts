import sharp from 'sharp';
import type { ImageSpec } from '../../core/types.ts';
import { IngestError } from '../errors.ts';
import { awayFailure } from '../ffmpeg/machine-failure.ts';
import type { MediaInfo } from '../probe/media-info.ts';
import type { Source } from '../sources/sources.ts';

/** Supported picture formats. sharp reads more, for example SVG, which may refer to other files. */
const KINDS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'heif', 'gif', 'tiff', 'jp2k', 'jxl']);

/** sharp's closest kernel to each of the bundle's filters; it has none for `area`. */
const KERNELS = { bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3', area: 'linear' } as const;

/** Reads a still picture's header. An animation counts as its first picture. Throws `not-media`. */
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
    times: { stamped: true, continuous: true, announced: false, lost: null },
    unended: false,
    bytesMissing: 0,
    subtitles: 0,
    ...(meta.pages === undefined || meta.pages < 2 ? {} : { pictures: meta.pages }),
  };
}

/**
 * Decodes a still picture to the bundle's size: rotated by its EXIF orientation, converted to sRGB by its ICC profile, transparent parts on
 * white (most such pictures are made for web pages). Throws `unreadable`, `too-large`, `not-media`.
 */
export async function readPicture(source: Source, image: ImageSpec): Promise<Uint8Array> {
  const { data } = await sharp(source.input)
    .rotate()
    .toColourspace('srgb')
    .flatten({ background: '#ffffff' })
    .resize(image.width, image.height, {
      fit: image.resize === 'stretch' ? 'fill' : 'cover',
      kernel: KERNELS[image.filter],
      // Shrinking in the JPEG decoder is faster but changes the pixels.
      fastShrinkOnLoad: false,
    })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(async (cause: unknown) => {
      throw (await awayFailure(source, {})) ?? badPicture(source, cause);
    });
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function badPicture(source: Source, cause: unknown): IngestError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  // sharp rejects pictures above 0x3fff times 0x3fff pixels before decoding them.
  if (/exceeds pixel limit|exceeds the maximum|too large/i.test(reason)) {
    return new IngestError('too-large', `The picture "${source.label}" has too many pixels.`, { cause });
  }
  return /unsupported image format|not a known/i.test(reason)
    ? new IngestError('not-media', `"${source.label}" is not a picture that can be read.`, { cause })
    : new IngestError('unreadable', `The picture "${source.label}" is damaged (${reason}): copy it again.`, { cause });
}
