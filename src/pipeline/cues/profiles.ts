import type { Micros } from '../../core/types.ts';

/** How fast a text may be read: characters a second, or words a minute. */
export type ReadingSpeed =
  | { readonly unit: 'characters a second'; readonly most: number }
  | { readonly unit: 'words a minute'; readonly most: number };

/** The readability rules of a guideline. A rule that the guideline does not have is absent. */
export interface Profile {
  readonly name: ProfileName;
  /** Maximum characters per line. */
  readonly lineLength: number;
  /** Maximum lines per cue. */
  readonly lines: number;
  /** Minimum and maximum duration of a cue, in microseconds. */
  readonly minimum?: Micros;
  readonly maximum?: Micros;
  readonly speed?: ReadingSpeed;
  /**
   * True: captions are shortened to the reading speed, but a scene too short for what is left keeps its caption. Otherwise such a caption is
   * held into the next scene, or left out.
   */
  readonly speedYields?: boolean;
  /** Words a minute at which a description is spoken. Ours: the guidelines name no number. */
  readonly spokenWords: number;
  /** Minimum gap between two cues, in microseconds; with `orNone`, no gap at all is allowed too. */
  readonly gap?: { readonly least: Micros; readonly orNone: boolean };
}

/** The names of {@link PROFILES}. */
export const PROFILE_NAMES = ['web', 'netflix', 'bbc'] as const;
/** One of {@link PROFILE_NAMES}. */
export type ProfileName = (typeof PROFILE_NAMES)[number];

/**
 * Fits all players and most readers.
 * - two lines, at least one second: Ivarsson and Carroll, Code of Good Subtitling Practice (ESIST, 1998), 18 and 19,
 *   https://www.esist.org/wp-content/uploads/2016/06/Code-of-Good-Subtitling-Practice.PDF
 * - 42 characters a line: as Netflix, below; TED asks for the same, https://www.ted.com/participate/translate/subtitling-tips
 * - 20 characters a second: as Netflix, below; TED asks for 21 at most
 */
const WEB: Profile = {
  name: 'web',
  lineLength: 42,
  lines: 2,
  minimum: 1_000_000,
  speed: { unit: 'characters a second', most: 20 },
  speedYields: true,
  spokenWords: 180,
};

/**
 * - two lines, 5/6 s to 7 s: Timed Text Style Guide, General Requirements, Duration and Line Treatment,
 *   https://partnerhelp.netflixstudios.com/hc/en-us/articles/215758617
 * - 42 characters a line, 20 characters a second (adult programmes): English (USA) Timed Text Style Guide, Character
 *   Limitation and Reading Speed Limits, https://partnerhelp.netflixstudios.com/hc/en-us/articles/217350977
 * - two frames between cues, at any frame rate: Subtitle Timing Guidelines,
 *   https://partnerhelp.netflixstudios.com/hc/en-us/articles/360051554394; taken at 24 frames a second, since a
 *   track does not contain its video's frame rate.
 */
const NETFLIX: Profile = {
  name: 'netflix',
  lineLength: 42,
  lines: 2,
  minimum: 833_333,
  maximum: 7_000_000,
  speed: { unit: 'characters a second', most: 20 },
  spokenWords: 170,
  gap: { least: 83_333, orNone: false },
};

/**
 * BBC Subtitle Guidelines, https://www.bbc.co.uk/accessibility/forproducts/guides/subtitles/
 * - 37 characters a line: 3.1, for broadcast; for online video it gives a share of the picture's width, which a text file
 *   cannot tell.
 * - two lines: 3.3
 * - at least 0.3 s per word, which is 200 words a minute: 4.1. It recommends 160 to 180 overall (4).
 * - no gap shorter than a second: 4.5
 */
const BBC: Profile = {
  name: 'bbc',
  lineLength: 37,
  lines: 2,
  speed: { unit: 'words a minute', most: 200 },
  spokenWords: 160,
  gap: { least: 1_000_000, orNone: true },
};

/** What `--profile` can name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = { web: WEB, netflix: NETFLIX, bbc: BBC };
