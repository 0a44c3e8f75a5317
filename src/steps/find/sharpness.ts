/**
 * Sharpness of a picture: the variance of the Laplacian of its luma (Pech-Pacheco et al., "Diatom autofocusing in brightfield
 * microscopy", ICPR 2000). Blur and fades lower it. Comparable only between pictures of the same scene and size. 0 for
 * pictures smaller than 3 x 3.
 * @param pixels RGB, 8 bits, rows from the top, `width * height * 3` bytes
 */
export function sharpnessOf(pixels: Uint8Array, width: number, height: number): number {
  const light = new Float32Array(width * height);
  for (let at = 0; at < light.length; at++) {
    const red = 3 * at;
    light[at] = 0.299 * (pixels[red] ?? 0) + 0.587 * (pixels[red + 1] ?? 0) + 0.114 * (pixels[red + 2] ?? 0);
  }
  const inner = (width - 2) * (height - 2);
  if (width < 3 || height < 3) return 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const around = (light[at - 1] ?? 0) + (light[at + 1] ?? 0) + (light[at - width] ?? 0) + (light[at + width] ?? 0);
      const edge = 4 * (light[at] ?? 0) - around;
      sum += edge;
      squares += edge * edge;
    }
  }
  return squares / inner - (sum / inner) ** 2;
}
