import type { Interval } from '../core/time/intervals.ts';
import type { Micros } from '../core/types.ts';
import { checkCues, type Violation } from './cues/check-cues.ts';
import type { Profile } from './cues/profiles.ts';
import type { InvalidCue } from './formats/parse-cues.ts';
import { encodingNote, readTrack } from './formats/read-track.ts';
import { type BadSetting, badSettings } from './styling/check-settings.ts';

/** Something wrong with one cue of a track: its times are invalid, it has no text or settings that players ignore, or it breaks a rule of the profile. */
export type Finding =
  | ({ readonly rule: 'timing'; readonly cue: number } & Pick<InvalidCue, 'line' | 'text'>)
  | { readonly rule: 'empty'; readonly cue: number; readonly start: Micros }
  | ({ readonly rule: 'settings'; readonly cue: number; readonly start: Micros } & BadSetting)
  | Violation;

/** What {@link checkTrack} found. */
export interface TrackCheck {
  /** Number of valid cues. */
  readonly cues: number;
  /** In the order of the cues. */
  readonly findings: readonly Finding[];
  /** How its bytes were decoded. */
  readonly encoding: string;
  /** What the user should know of the encoding; absent where the file says it itself. */
  readonly note?: string;
}

/** What {@link checkTrack} knows of a track. */
export interface CheckOptions {
  /** Detected by default. */
  readonly encoding?: string;
  /** When somebody speaks in the video. */
  readonly speech?: readonly Interval[];
}

/**
 * Checks a WebVTT or SubRip file against a profile's readability rules. Throws `not-a-track`, or the system's error where
 * the file cannot be read.
 */
export async function checkTrack(file: string, profile: Profile, options: CheckOptions = {}): Promise<TrackCheck> {
  const track = await readTrack(file, options);
  const { cues, invalid, encoding, blocks = [] } = track;
  const format = track.format === 'srt' ? 'srt' : 'vtt';
  const note = encodingNote(file, track);
  const findings: Finding[] = [
    ...cues.flatMap(({ number: cue, start, lines, settings = '' }): Finding[] => [
      ...(lines.length === 0 ? [{ rule: 'empty', cue, start } as const] : []),
      ...badSettings(settings, format, blocks).map((bad) => ({ rule: 'settings', cue, start, ...bad }) as const),
    ]),
    ...checkCues(cues, profile, options.speech),
    ...invalid.map(({ number, line, text }): Finding => ({ rule: 'timing', cue: number, line, text })),
  ];
  findings.sort((a, b) => a.cue - b.cue);
  return { cues: cues.length, findings, encoding, ...(note === undefined ? {} : { note }) };
}
