/** A picture made by rule: gradients, blobs and stripes, other ones for each kind (0 to 7), so that captions differ. */
export function drawnPicture(kind: number, width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const wave = Math.sin((x * (kind + 1)) / 23 + channel) + Math.cos((y * (8 - kind)) / 31 + kind);
    return Math.max(0, Math.min(255, Math.round(128 + 60 * wave + (channel === kind % 3 ? 40 : -20))));
  });
}
