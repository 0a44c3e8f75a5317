import { checkCues, type Rule, type Violation } from '../../../src/pipeline/cues/check-cues.ts';
import { PROFILES, type ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import { readingUnits } from '../../../src/pipeline/cues/spacing.ts';
import type { EditCue } from './edit-cues.ts';

/** How fast a cue has to be read, and whether that is too fast. */
export interface Reading {
  readonly value: number;
  readonly unit: 'characters a second' | 'words a minute';
  readonly most: number;
}

/** The violations of each cue, by its key. The same check as `secondglance check`. */
export function checkEdits(cues: readonly EditCue[], profile: ProfileName): ReadonlyMap<string, readonly Violation[]> {
  const read = cues.map(({ start, end, text }, at) => ({ number: at + 1, start, end, lines: text.split('\n') }));
  const found = new Map<string, Violation[]>();
  for (const violation of checkCues(read, PROFILES[profile])) {
    const key = cues[violation.cue - 1]?.key;
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), violation]);
  }
  return found;
}

/** The reading speed of a cue, in the unit of the profile. */
export function readingSpeed({ start, end, text }: EditCue, profile: ProfileName): Reading {
  const speed = PROFILES[profile].speed ?? { unit: 'characters a second', most: Number.POSITIVE_INFINITY };
  const seconds = Math.max(end - start, 1) / 1e6;
  const units = readingUnits(text, speed);
  const value = speed.unit === 'words a minute' ? (units * 60) / seconds : units / seconds;
  return { value: Math.round(value * 10) / 10, unit: speed.unit, most: speed.most };
}

const NAMES: Readonly<Record<Rule, string>> = {
  speech: 'Over speech',
  overlap: 'Overlaps the cue before',
  order: 'Out of order',
  'line-length': 'Line too long',
  lines: 'Too many lines',
  'reading-speed': 'Too fast to read',
  'too-short': 'Too short',
  'too-long': 'Too long',
  gap: 'Gap too short',
};

const UNITS: Readonly<Record<string, string>> = { seconds: 's' };

/** A violation in words: `Line too long: 51 characters (at most 42)`. */
export function describeViolation({ rule, value, limit, unit }: Violation): string {
  if (rule === 'overlap' || rule === 'order' || rule === 'speech') return `${NAMES[rule]} by ${value} s`;
  const bound = rule === 'too-short' || rule === 'gap' ? 'at least' : 'at most';
  return `${NAMES[rule]}: ${value} ${UNITS[unit] ?? unit} (${bound} ${limit})`;
}
