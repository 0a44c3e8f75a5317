import type { Place, TrackStyling } from '../../core/cue-style.ts';
import type { Cue } from '../../core/types.ts';
import type { ReadTrack } from '../formats/read-track.ts';
import { styleOf } from './read-markup.ts';

/** The cues of a track file as writers take them, and what its styling comes to. */
export interface StyledTrack {
  /** In order of time, without those that have no text. */
  readonly cues: readonly Cue[];
  readonly styling: TrackStyling;
  /** How many have no text. */
  readonly empty: number;
}

/** The cues of a track that was read, with their styling. */
export function styledCues({ format, cues: read, blocks = [] }: ReadTrack): StyledTrack {
  const shown = read.filter(({ lines }) => lines.length > 0);
  const cues = shown
    .map((cue): Cue => {
      const style = styleOf(cue, format === 'vtt' ? 'vtt' : 'srt');
      const { start, end, lines } = cue;
      return { start, end, text: lines.join('\n'), from: [], ...(style === undefined ? {} : { style }) };
    })
    .sort((a, b) => a.start - b.start);
  const places = new Set<Place>(cues.flatMap(({ style }) => style?.place ?? []));
  return { cues, styling: { blocks, places }, empty: read.length - shown.length };
}
