import type { Micros } from '../../core/types.ts';
import { PROFILES, type Profile } from './profiles.ts';

/** How captions become cues. */
export interface CueRules {
  /** What a cue may hold, and what must lie between two. */
  readonly profile: Profile;
  /** The shortest that a cue is shown, so that it can be read. */
  readonly minimum: Micros;
  /**
   * How long a cue may outlast the last keyframe that it speaks of. What the video shows later than that, nobody has
   * looked at: the track is silent there rather than wrong.
   */
  readonly tail: Micros;
  /** Captions of a lower confidence than this (0 to 1) are not shown; their time stays empty. */
  readonly minConfidence: number;
}

/** Shown for less than this, a cue is a flicker, also where a profile asks for nothing. */
const SOME_TIME: Micros = 1_000_000;

/**
 * The rules by which `profile` is kept. `auto` looks at least every ten seconds, so with a tail of ten its cues follow
 * each other without a gap.
 */
export function rulesFor(profile: Profile, minConfidence = 0): CueRules {
  return { profile, minimum: profile.minimum ?? SOME_TIME, tail: 10_000_000, minConfidence };
}

/** The rules of the profile `web`. */
export const DEFAULT_RULES: CueRules = rulesFor(PROFILES.web);

/** Where a track lies on its source's clock. */
export interface Timeline {
  /** The container's start time: the track's zero. */
  readonly zero: Micros;
  /**
   * The end of the video, on the source's clock. Asked when the last caption has come, not before. A source that has no
   * duration (a still picture, a single frame) ends at its zero: its caption is shown for the minimum.
   */
  readonly end: () => Micros;
}
