/** What a track can be to a player, in the words of HTML's `<track kind>`. */
export const TRACK_KINDS = ['descriptions', 'subtitles', 'captions'] as const;

/**
 * - `descriptions`: says what the picture shows, for those who do not see it. What a captioner of pictures writes.
 * - `subtitles`: shown to everybody.
 * - `captions`: shown to those who do not hear the sound.
 */
export type TrackKind = (typeof TRACK_KINDS)[number];

/** How a track is called in a player's menu. */
export function trackTitle(kind: TrackKind): string {
  return { descriptions: 'Descriptions', subtitles: 'Subtitles', captions: 'Captions' }[kind];
}
