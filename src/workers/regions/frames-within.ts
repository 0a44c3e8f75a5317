import type { ImageSpec } from '../../core/types.ts';

/** Frames within `size` pixels, in their own shape. */
export function framesWithin(size: number): ImageSpec {
  return { width: size, height: size, resize: 'fit', filter: 'bicubic', matrix: 'bt601' };
}
