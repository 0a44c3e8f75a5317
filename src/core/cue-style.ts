/** Text in one style. */
export interface StyledSpan {
  readonly text: string;
  readonly bold?: true;
  readonly italic?: true;
  readonly underline?: true;
  /** `#rrggbb` */
  readonly colour?: string;
}

/** One of nine places in the picture, as on a keypad (`\an` of ASS): 2 is the bottom, 8 the top, 7 the top left. */
export type Place = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/**
 * What a cue of a track file has besides its plain text:
 * - `emphasis`: bold, italic, underlined text; `web-colours`: colours that WebVTT has classes for; `colours`: others
 * - `place`: one of the nine places; `exact-place`: more than that
 * - `classes`, `speakers`: of WebVTT; `markup`: anything else, such as fonts, ruby or times within a cue
 */
export type StyleFeature =
  | 'emphasis'
  | 'web-colours'
  | 'colours'
  | 'place'
  | 'exact-place'
  | 'classes'
  | 'speakers'
  | 'markup';

/** The styling of one cue of a track file. Captions have none. */
export interface CueStyle {
  /** The lines of the text. */
  readonly lines: readonly (readonly StyledSpan[])[];
  readonly place?: Place;
  readonly features: ReadonlySet<StyleFeature>;
  /** The cue as the file has it. */
  readonly source: {
    readonly format: 'vtt' | 'srt';
    readonly text: string;
    /** What follows the times; may be empty. */
    readonly settings: string;
    /** WebVTT: an identifier that is not a number. */
    readonly id?: string;
  };
}

/** The styling of a track file as a whole. */
export interface TrackStyling {
  /** STYLE and REGION blocks of WebVTT, as the file has them. */
  readonly blocks: readonly string[];
  /** The places of its cues. */
  readonly places: ReadonlySet<Place>;
}
