/** The position of the cue that is shown at a time; the last that has begun where several are; -1 where none is. The cues are in order of time. */
export function cueAt(cues: readonly { readonly start: number; readonly end: number }[], time: number): number {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cues[middle]?.start ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  const found = cues[low - 1];
  return found !== undefined && time < found.end ? low - 1 : -1;
}
