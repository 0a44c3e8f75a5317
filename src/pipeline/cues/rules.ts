import type { TrackKind } from '../../core/kind.ts';
import type { Interval } from '../../core/time/intervals.ts';
import type { Micros } from '../../core/types.ts';
import { PROFILES, type Profile } from './profiles.ts';

/** How captions become cues. */
export interface CueRules {
  /** Limits of text, reading speed and gaps. */
  readonly profile: Profile;
  /** Minimum duration of a cue, in microseconds. */
  readonly minimum: Micros;
  /**
   * How long a cue may last after its last keyframe, in microseconds. No later frame was captioned, so the track has a
   * gap there rather than a text that may be wrong.
   */
  readonly tail: Micros;
  /** Captions with a lower confidence (0 to 1) are left out; their time stays empty. */
  readonly minConfidence: number;
  /** True: text in the picture that is large and new is added to the captions. */
  readonly announcesText: boolean;
  /** One cue for each event, see `events/gather-events.ts`, instead of those of the keyframes' captions. */
  readonly events: boolean;
  /** Where somebody speaks, in order, from the track's zero: descriptions stay out of it. Absent: it is not known. */
  readonly speech?: readonly Interval[];
}

/** Minimum duration where a profile has none: shorter cues flicker. */
const DEFAULT_MINIMUM: Micros = 1_000_000;

/**
 * The rules for a profile. The selector `auto` selects a frame at least every ten seconds, so with a tail of ten seconds
 * its cues have no gaps.
 */
export function rulesFor(
  profile: Profile,
  minConfidence = 0,
  { kind = 'captions', events = false }: { readonly kind?: TrackKind; readonly events?: boolean } = {},
): CueRules {
  const announcesText = kind === 'descriptions';
  const minimum = profile.minimum ?? DEFAULT_MINIMUM;
  return { profile, minimum, tail: 10_000_000, minConfidence, announcesText, events };
}

/** The rules of the profile `web`. */
export const DEFAULT_RULES: CueRules = rulesFor(PROFILES.web);

/** The extent of a track on its source's clock, in microseconds. */
export interface Timeline {
  /** The container's start time: the track's zero. */
  readonly zero: Micros;
  /**
   * The end of the video. Called after the last caption. A source without a duration (a picture, a single frame) ends at
   * its zero; its caption is shown for the minimum duration.
   */
  readonly end: () => Micros;
}
