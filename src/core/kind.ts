/** Kinds of tracks, as HTML's `<track kind>` names them. */
export const TRACK_KINDS = ['descriptions', 'subtitles', 'captions'] as const;

/**
 * - `descriptions`: says what the picture shows, for those who do not see it. What a captioner of pictures writes.
 * - `subtitles`: shown to everybody.
 * - `captions`: shown to those who do not hear the sound.
 */
export type TrackKind = (typeof TRACK_KINDS)[number];

/** The name of a track in a player's menu. */
export function trackTitle(kind: TrackKind): string {
  return { descriptions: 'Descriptions', subtitles: 'Subtitles', captions: 'Captions' }[kind];
}
