import { Tensor } from 'onnxruntime-node';
import { BundleError } from '../errors.ts';
import type { RawPicture } from '../regions/detail-regions.ts';
import type { Preprocessor } from './hub-folder.ts';
import { pilResize, RESAMPLING, type Resampling } from './pil-resize.ts';

/** The filter of an image processor. Throws a BundleError for one that is not known. */
export function resamplingOf({ resample }: Preprocessor): Resampling {
  if (resample === 1 || resample === 2 || resample === 3 || resample === 4) return RESAMPLING[resample];
  throw new BundleError('bundle-invalid', `preprocessor_config.json names the filter ${resample}, which is not known.`);
}

/** The exact size to which an image processor stretches pictures. Throws a BundleError where it does something else. */
export function stretchedSize({ size, do_center_crop: crops }: Preprocessor): { width: number; height: number } {
  if (crops === true)
    throw new BundleError('bundle-invalid', 'preprocessor_config.json crops pictures, which is not known.');
  if (typeof size === 'number') return { width: size, height: size };
  if ('height' in size && 'width' in size) return { width: Number(size.width), height: Number(size.height) };
  throw new BundleError('bundle-invalid', 'preprocessor_config.json names no width and height.');
}

/** A picture stretched as the reference processor does it. */
export function stretched(picture: RawPicture, preprocessor: Preprocessor): RawPicture {
  const { width, height } = stretchedSize(preprocessor);
  return pilResize(picture, width, height, resamplingOf(preprocessor));
}

/** Pictures of one size as `pixel_values`: float32 [B, 3, H, W], normalised. */
export function pixelValues(pictures: readonly RawPicture[], processor: Preprocessor): Tensor {
  const { width = 0, height = 0 } = pictures[0] ?? {};
  const area = width * height;
  const {
    image_mean: mean,
    image_std: std,
    rescale_factor: factor,
    do_rescale: rescales,
    do_normalize: normalises,
  } = processor;
  const values = new Float32Array(pictures.length * 3 * area);
  for (const [n, { pixels }] of pictures.entries()) {
    for (const c of [0, 1, 2] as const) {
      const table = Float32Array.from({ length: 256 }, (_, byte) => {
        const value = Math.fround(rescales ? byte * factor : byte);
        return normalises ? (value - mean[c]) / std[c] : value;
      });
      const start = (n * 3 + c) * area;
      for (let at = 0; at < area; at++) values[start + at] = table[pixels[at * 3 + c] as number] as number;
    }
  }
  return new Tensor('float32', values, [pictures.length, 3, height, width]);
}
