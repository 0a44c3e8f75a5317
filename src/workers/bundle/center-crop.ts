/** For each pixel of an enlarged side, the two source pixels it lies between and the weight of the second. */
function sourcePixels(size: number, margin: number): { low: Int32Array; high: Int32Array; weight: Int32Array } {
  const inner = size - 2 * margin;
  const [low, high, weight] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
  for (let i = 0; i < size; i++) {
    // Distance from the centre of the crop's first pixel to the centre of this one, in units of 1 / (2 size) pixel.
    const at = Math.max(0, (2 * i + 1) * inner - size);
    const below = Math.floor(at / (2 * size));
    low[i] = margin + below;
    high[i] = margin + Math.min(below + 1, inner - 1);
    weight[i] = at % (2 * size);
  }
  return { low, high, weight };
}

/**
 * Cuts out the centre of each picture and enlarges it to the picture's size: bilinear between pixel centres, in integers, rounded half up, so that
 * the training makes the same bytes.
 * @param pixels RGB, 8 bits, one picture behind the other
 * @param margin pixels to leave out on each side, less than half of it; 0 returns the pictures unchanged
 */
export function centerCrop(
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  margin: number,
): Uint8Array {
  if (margin === 0) return pixels;
  const across = sourcePixels(width, margin);
  const down = sourcePixels(height, margin);
  const enlarged = new Uint8Array(pixels.length);
  const whole = 4 * width * height;
  const row = width * 3;
  for (let start = 0; start < pixels.length; start += height * row) {
    for (let y = 0; y < height; y++) {
      const top = start + (down.low[y] ?? 0) * row;
      const bottom = start + (down.high[y] ?? 0) * row;
      const lower = down.weight[y] ?? 0;
      const upper = 2 * height - lower;
      for (let x = 0; x < width; x++) {
        const left = (across.low[x] ?? 0) * 3;
        const right = (across.high[x] ?? 0) * 3;
        const later = across.weight[x] ?? 0;
        const sooner = 2 * width - later;
        const to = start + y * row + x * 3;
        for (let channel = 0; channel < 3; channel++) {
          const above = (pixels[top + left + channel] ?? 0) * sooner + (pixels[top + right + channel] ?? 0) * later;
          const under =
            (pixels[bottom + left + channel] ?? 0) * sooner + (pixels[bottom + right + channel] ?? 0) * later;
          enlarged[to + channel] = Math.floor((2 * (above * upper + under * lower) + whole) / (2 * whole));
        }
      }
    }
  }
  return enlarged;
}
