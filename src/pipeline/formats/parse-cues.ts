import type { Micros } from '../../core/types.ts';

/** A cue as it was read from a track. Times are microseconds from the track's zero. */
export interface ReadCue {
  /** Position in the file, from 1, whatever identifier the file gives it. */
  readonly number: number;
  readonly start: Micros;
  readonly end: Micros;
  /** What a viewer reads: tags removed, character references resolved, no empty lines. */
  readonly lines: readonly string[];
  /** The text as the file has it; absent where it has neither tags nor character references. */
  readonly markup?: string;
  /** What follows its times: settings of WebVTT, coordinates of SubRip. Absent where there is nothing. */
  readonly settings?: string;
  /** The identifier of a WebVTT cue. */
  readonly id?: string;
}

/** A cue that players drop: its times are missing or cannot be parsed, or it does not end after it starts. */
export interface InvalidCue {
  readonly number: number;
  /** Line number in the file, from 1. */
  readonly line: number;
  /** That line. */
  readonly text: string;
}

/** The cues of a track, valid and invalid. */
export interface ParsedTrack {
  readonly cues: readonly ReadCue[];
  readonly invalid: readonly InvalidCue[];
  /** STYLE and REGION blocks of WebVTT, as the file has them; absent where there are none. */
  readonly blocks?: readonly string[];
}

/** How WebVTT and SubRip differ for {@link parseCues}. */
export interface CueSyntax {
  /** True for a line that is meant to hold the times of a cue, well-formed or not. */
  isTiming(line: string): boolean;
  /**
   * True for the first line of a block that is meant to be a cue although it has no times.
   * @param number of the cue before it, as the file numbers it; 0 for none
   */
  lacksTiming(block: readonly string[], number: number): boolean;
  /** Captures hours (optional), minutes, seconds and fraction of the start, then of the end. */
  readonly times: RegExp;
  /**
   * The text of a cue, with its markup.
   * @param lines the lines after its times, up to the next cue's times
   * @param last false where another cue follows
   */
  payload(lines: readonly string[], last: boolean): string;
  /** A text without its markup. */
  plain(payload: string): string;
  /** True where the line before the times may be an identifier. */
  readonly identifiers: boolean;
}

/** A line that is meant to hold the times of a cue. Also matches a malformed arrow, which players reject. */
export const TIMING_LINE = /^\s*[-+−]?\d[\d:.,\s]*-+>\s*[-+−]?\d/;

function parseTimes(pattern: RegExp, line: string): { start: Micros; end: Micros } | undefined {
  const found = pattern.exec(line);
  if (found === null) return undefined;
  const [start = 0, end = 0] = [1, 5].map((at) => {
    const [hours = '0', minutes, seconds, fraction = ''] = found.slice(at, at + 4);
    return (
      ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1e6 + Number(fraction.padEnd(3, '0')) * 1000
    );
  });
  return { start, end };
}

/** Lines at which a block of text starts: the first, and each after an empty one. */
function blockStarts(lines: readonly string[]): number[] {
  return lines.flatMap((line, at) => (line.trim() !== '' && (lines[at - 1] ?? '').trim() === '' ? [at] : []));
}

/** Where cues begin: their lines of times, and blocks that should have one. */
function cueStarts(lines: readonly string[], { isTiming, lacksTiming }: CueSyntax): number[] {
  const timings = lines.flatMap((line, at) => (isTiming(line) ? [at] : []));
  const blocks = blockStarts(lines);
  const timed = new Set(timings);
  let number = 0;
  const untimed = blocks.filter((from, at) => {
    const block = lines.slice(from, blocks[at + 1]);
    const has = block.some((_, offset) => timed.has(from + offset));
    const lacking = !has && lacksTiming(block, number);
    if ((has || lacking) && /^\s*\d+\s*$/.test(block[0] ?? '')) number = Number(block[0]);
    return lacking;
  });
  return [...timings, ...untimed].sort((a, b) => a - b);
}

/** The line before a line of times, where it stands alone. */
function identifierAt(lines: readonly string[], at: number): string | undefined {
  const [above = '', line = ''] = lines.slice(Math.max(0, at - 2), at);
  return at > 1 && line.trim() !== '' && above.trim() === '' ? line.trim() : undefined;
}

/** Parses a text whose cues are a line of times with the cue's text below. Lines may end with LF, CR LF or CR. */
export function parseCues(text: string, syntax: CueSyntax): ParsedTrack {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const starts = cueStarts(lines, syntax);
  const cues: ReadCue[] = [];
  const invalid: InvalidCue[] = [];
  starts.forEach((at, index) => {
    const number = index + 1;
    const line = lines[at] ?? '';
    const times = parseTimes(syntax.times, line);
    if (times === undefined || times.end <= times.start) {
      invalid.push({ number, line: at + 1, text: line.trim() });
      return;
    }
    const next = starts[index + 1];
    const payload = syntax.payload(lines.slice(at + 1, next), next === undefined);
    const plain = syntax.plain(payload);
    const matched = syntax.times.exec(line)?.[0] ?? line;
    const rest = line.slice(matched.length);
    const settings = /\s$/.test(matched) || /^\s/.test(rest) ? rest.trim() : '';
    const id = syntax.identifiers ? identifierAt(lines, at) : undefined;
    const shown = plain.split('\n').map((part) => part.trim());
    cues.push({
      number,
      ...times,
      lines: shown.filter((part) => part !== ''),
      ...(plain === payload ? {} : { markup: payload }),
      ...(settings === '' ? {} : { settings }),
      ...(id === undefined ? {} : { id }),
    });
  });
  return { cues, invalid };
}
