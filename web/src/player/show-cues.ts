/** A cue as a player shows it; seconds. */
export interface ShownCue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A player takes the text of a cue as WebVTT, where these are the beginning of markup. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Makes a track show exactly these cues (times in seconds). Cues that it shows already stay, so that nothing flickers while a track grows.
 */
export function showCues(track: TextTrack, cues: readonly ShownCue[]): void {
  const nameOf = (start: number, end: number, text: string): string => `${start} ${end} ${text}`;
  const wanted = new Map(
    cues.map(({ start, end, text }) => {
      const escaped = escapeText(text);
      return [nameOf(start, end, escaped), { start, end, escaped }];
    }),
  );
  for (const cue of [...(track.cues ?? [])] as VTTCue[]) {
    const name = nameOf(cue.startTime, cue.endTime, cue.text);
    if (!wanted.delete(name)) track.removeCue(cue);
  }
  for (const { start, end, escaped } of wanted.values()) if (end > start) track.addCue(new VTTCue(start, end, escaped));
}
