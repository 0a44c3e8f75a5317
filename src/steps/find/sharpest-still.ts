import sharp from 'sharp';
import type { ImageSpec, Micros } from '../../core/types.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { readKeyframes } from '../../ingest/read-keyframes.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { sharpnessOf } from './sharpness.ts';

/** Wide enough for a page; a guide of twenty steps takes a few megabytes. */
const WIDEST = 960;
const QUALITY = 82;
/** Rounding of times by ffmpeg's time base. */
const TOLERANCE: Micros = 1000;
const HD_HEIGHT = 720;

/** A step's picture. */
export interface Still {
  /** Track time of the frame. */
  readonly time: Micros;
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The size of a still: the displayed size (rotated, square pixels), never enlarged. */
function stillSpec(media: MediaInfo): ImageSpec {
  const wide = media.width * (media.sampleAspect.num / media.sampleAspect.den);
  const [width, height] = media.rotation % 180 === 0 ? [wide, media.height] : [media.height, wide];
  const factor = Math.min(1, WIDEST / width);
  return {
    width: Math.max(2, Math.round(width * factor)),
    height: Math.max(2, Math.round(height * factor)),
    resize: 'stretch',
    filter: 'bicubic',
    // The usual matrix for this size, where the video does not name one.
    matrix: media.height >= HD_HEIGHT ? 'bt709' : 'bt601',
  };
}

async function frameAt(
  source: Source,
  media: MediaInfo,
  image: ImageSpec,
  time: Micros,
  signal: AbortSignal,
): Promise<{ time: Micros; pixels: Uint8Array } | undefined> {
  const reader = readKeyframes(source, media, {
    choice: { mode: 'every', interval: TOLERANCE },
    image,
    from: Math.max(0, time - TOLERANCE),
    signal,
  });
  for await (const { pts, pixels } of reader) return { time: Math.max(0, pts - media.start), pixels };
  return undefined;
}

/**
 * Decodes the frames at `times` (track times; the first frame at or after each) and returns the sharpest as a JPEG; of equally
 * sharp ones the first. Undefined where there is none. Throws an IngestError where the video cannot be read.
 */
export async function sharpestStill(
  source: Source,
  media: MediaInfo,
  times: readonly Micros[],
  signal: AbortSignal,
): Promise<Still | undefined> {
  const image = stillSpec(media);
  const { width, height } = image;
  let best: { time: Micros; pixels: Uint8Array; sharpness: number } | undefined;
  for (const wanted of times) {
    const frame = await frameAt(source, media, image, wanted, signal);
    if (frame === undefined) continue;
    const sharpness = sharpnessOf(frame.pixels, width, height);
    if (best === undefined || sharpness > best.sharpness) best = { ...frame, sharpness };
  }
  if (best === undefined) return undefined;
  const raw = { width, height, channels: 3 } as const;
  const jpeg = await sharp(best.pixels, { raw }).jpeg({ quality: QUALITY }).toBuffer();
  return { time: best.time, jpeg, width, height };
}
