import type { Micros } from '../../../src/core/types.ts';
import { divideTime, graphemeCount } from '../../../src/pipeline/cues/layout.ts';

/** A cue in the editor. Operations return new lists and leave the cues that they do not change as they are. */
export interface EditCue {
  /** The same for as long as the cue exists in this page; not stored. */
  readonly key: string;
  /** Microseconds from the track's zero. */
  readonly start: Micros;
  readonly end: Micros;
  /** Lines joined with a line feed. */
  readonly text: string;
  /** Indices of the keyframes that it describes; empty where a person added it. */
  readonly from: readonly number[];
}

/** The shortest cue that an operation makes. */
export const SHORTEST: Micros = 100_000;

/** How long an added cue lasts where there is room. */
const ADDED: Micros = 2_000_000;

/** The order of cues. */
export function byStart(a: EditCue, b: EditCue): number {
  return a.start - b.start || a.end - b.end;
}

/** Replaces the cue `key` by what `change` returns, none or several; the list itself where there is no such cue. */
function replace(
  cues: readonly EditCue[],
  key: string,
  change: (cue: EditCue, at: number) => readonly EditCue[],
): readonly EditCue[] {
  const at = cues.findIndex((cue) => cue.key === key);
  const cue = cues[at];
  return cue === undefined ? cues : [...cues.slice(0, at), ...change(cue, at), ...cues.slice(at + 1)];
}

/** Changes a cue's text. */
export function changeText(cues: readonly EditCue[], key: string, text: string): readonly EditCue[] {
  return replace(cues, key, (cue) => [{ ...cue, text }]);
}

/** Sets a cue's start and end; a cue that would end before {@link SHORTEST} is over ends then. Keeps the list in order of time. */
export function setTimes(cues: readonly EditCue[], key: string, start: Micros, end: Micros): readonly EditCue[] {
  const from = Math.max(0, start);
  const changed = replace(cues, key, (cue) => [{ ...cue, start: from, end: Math.max(from + SHORTEST, end) }]);
  return [...changed].sort(byStart);
}

/**
 * Splits a cue at an offset into its text (UTF-16 units, as a text field's cursor). Its time is divided in proportion to the characters of both
 * parts. The list itself where one part would be empty.
 * @param newKey the key of the second part
 */
export function splitCue(cues: readonly EditCue[], key: string, offset: number, newKey: string): readonly EditCue[] {
  const split = cues.find((cue) => cue.key === key);
  if (split === undefined) return cues;
  const before = split.text.slice(0, offset).trim();
  const after = split.text.slice(offset).trim();
  if (before === '' || after === '' || split.end - split.start < 2 * SHORTEST) return cues;
  const [middle = split.end] = divideTime(split.start, split.end, [before, after].map(graphemeCount), SHORTEST);
  return replace(cues, key, (cue) => [
    { ...cue, end: middle, text: before },
    { ...cue, key: newKey, start: middle, text: after },
  ]);
}

/** Joins a cue with the one after it: the first's key, both texts, from the first's start to the later end. */
export function mergeWithNext(cues: readonly EditCue[], key: string): readonly EditCue[] {
  const at = cues.findIndex((cue) => cue.key === key);
  const [first, second] = [cues[at], cues[at + 1]];
  if (first === undefined || second === undefined) return cues;
  const merged = {
    ...first,
    end: Math.max(first.end, second.end),
    text: [first.text, second.text].filter((text) => text.trim() !== '').join('\n'),
    from: [...new Set([...first.from, ...second.from])].sort((a, b) => a - b),
  };
  return [...cues.slice(0, at), merged, ...cues.slice(at + 2)];
}

/**
 * Moves the cues `keys` by `delta` microseconds, all by the same: where the first would start before zero, all are moved by less.
 */
export function shiftCues(cues: readonly EditCue[], keys: ReadonlySet<string>, delta: Micros): readonly EditCue[] {
  const moved = cues.filter((cue) => keys.has(cue.key));
  const earliest = Math.min(...moved.map((cue) => cue.start));
  const by = Math.max(delta, -earliest);
  if (moved.length === 0 || by === 0) return cues;
  return cues
    .map((cue) => (keys.has(cue.key) ? { ...cue, start: cue.start + by, end: cue.end + by } : cue))
    .sort(byStart);
}

/** Removes a cue. */
export function removeCue(cues: readonly EditCue[], key: string): readonly EditCue[] {
  return replace(cues, key, () => []);
}

/** Adds an empty cue at a time: two seconds, or up to the next cue's start where that is sooner. */
export function addCue(cues: readonly EditCue[], at: Micros, key: string): readonly EditCue[] {
  const start = Math.max(0, Math.round(at));
  const next = cues.find((cue) => cue.start > start);
  const end = Math.max(start + SHORTEST, Math.min(start + ADDED, next?.start ?? Number.POSITIVE_INFINITY));
  return [...cues, { key, start, end, text: '', from: [] }].sort(byStart);
}

/** True where two lists hold the same cues: keys aside, which are not stored. */
export function sameCues(a: readonly EditCue[], b: readonly EditCue[]): boolean {
  return (
    a.length === b.length &&
    a.every((cue, at) => {
      const other = b[at];
      return other === cue || (other?.start === cue.start && other.end === cue.end && other.text === cue.text);
    })
  );
}
