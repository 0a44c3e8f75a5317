import type { Micros } from '../../core/types.ts';
import { srtTime, vttTime } from '../cues/time.ts';

/** A cue as it stands in a file, with its markup. */
export interface RawCue {
  /** Position in the file, from 1, as `check` counts. */
  readonly number: number;
  /** The line of its times, where players do not read it. */
  readonly malformed?: string;
  readonly start: Micros;
  readonly end: Micros;
  /** Lines with tags and character references, without empty ones. */
  readonly lines: readonly string[];
  /** WebVTT: the identifier, where the file has one. */
  readonly id?: string;
  /** What follows the times: settings of WebVTT, coordinates of SubRip. */
  readonly settings: string;
  /** Blocks that stand before it and are no cues, as they are: notes, and what cannot be parsed. */
  readonly before: readonly string[];
}

/** A whole file. */
export interface RawTrack {
  /** WebVTT: the header, styles and regions, which come before all cues. */
  readonly head: readonly string[];
  readonly cues: readonly RawCue[];
  /** Blocks after the last cue. */
  readonly after: readonly string[];
}

/** Times as people and programs write them: any fraction mark, a sign, a short arrow, `l` and `O` for digits. */
const TIMES =
  /^\s*([-+−]?)(?:([\dlIOo]+):)?([\dlIOo]{1,2}):([\dlIOo]{1,2})(?:[.,:;]([\dlIOo]{1,3}))?\s*-+>\s*([-+−]?)(?:([\dlIOo]+):)?([\dlIOo]{1,2}):([\dlIOo]{1,2})(?:[.,:;]([\dlIOo]{1,3}))?(?=\s|$)(.*)$/;

function digits(text: string | undefined): string {
  return (text ?? '').replace(/[lI]/g, '1').replace(/[Oo]/g, '0');
}

function timesOf(line: string): Pick<RawCue, 'start' | 'end' | 'settings'> | undefined {
  const found = TIMES.exec(line);
  if (found === null) return undefined;
  const [start = 0, end = 0] = [1, 6].map((at) => {
    const [sign = '', hours, minutes, seconds, fraction] = found.slice(at, at + 5);
    const whole = (Number(digits(hours)) * 60 + Number(digits(minutes))) * 60 + Number(digits(seconds));
    // A track begins at zero.
    return /[-−]/.test(sign) ? 0 : whole * 1e6 + Number(digits(fraction).padEnd(3, '0')) * 1000;
  });
  return { start, end, settings: (found[11] ?? '').trim() };
}

/** The lines of a text in blocks that empty lines divide; a line of times starts a block of its own, with its number. */
function blocksOf(text: string, isSrt: boolean): string[][] {
  const blocks: string[][] = [];
  let open = false;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    if (line.trim() === '') {
      open = false;
      continue;
    }
    const last = blocks.at(-1);
    const timed = timesOf(line) !== undefined;
    if (!open || last === undefined) blocks.push([line]);
    else if (timed && last.some((other) => timesOf(other) !== undefined)) {
      const number = isSrt && /^\s*\d+\s*$/.test(last.at(-1) ?? '') ? last.splice(-1) : [];
      blocks.push([...number, line]);
    } else last.push(line);
    open = true;
  }
  return blocks;
}

/** True for a block that is meant to be a cue although it has no times. */
function lacksTimes([first = '', second]: readonly string[], isSrt: boolean): boolean {
  return isSrt
    ? /^\s*\d+\s*$/.test(first) && second !== undefined
    : !/^(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|:|$)/.test(first);
}

/**
 * Parses a WebVTT or SubRip text with everything in it.
 * @param malformed lines of times that players do not read
 */
export function readRawTrack(text: string, format: 'vtt' | 'srt', malformed: ReadonlySet<string>): RawTrack {
  const isSrt = format === 'srt';
  const cues: RawCue[] = [];
  let head: string[] = [];
  let before: string[] = [];
  let number = 0;
  for (const block of blocksOf(text, isSrt)) {
    const at = block.findIndex((line) => timesOf(line) !== undefined);
    const times = timesOf(block[at] ?? '');
    if (times !== undefined && at <= 1) {
      if (cues.length === 0) {
        const last = before.findLastIndex((other) => /^(?:WEBVTT|STYLE|REGION)(?:\s|$)/.test(other));
        head = before.slice(0, last + 1);
        before = before.slice(last + 1);
      }
      const id = at === 1 && !isSrt ? { id: block[0] ?? '' } : {};
      const line = block[at]?.trim() ?? '';
      number += 1;
      cues.push({
        number,
        ...(malformed.has(line) && times.start < times.end ? { malformed: line } : {}),
        ...times,
        ...id,
        lines: block.slice(at + 1).map((part) => part.trimEnd()),
        before,
      });
      before = [];
      continue;
    }
    const last = cues.at(-1);
    const isText = isSrt && last !== undefined && before.length === 0 && !/^\s*\d+\s*$/.test(block[0] ?? '');
    // A text of SubRip may contain empty lines.
    if (isText && !block.some((line) => line.includes('-->'))) {
      cues[cues.length - 1] = { ...last, lines: [...last.lines, ...block] };
    } else {
      if (lacksTimes(block, isSrt)) number += 1;
      before.push(block.join('\n'));
    }
  }
  return { head, cues, after: before };
}

/** The text of a track in UTF-8 with line feeds; the cues of SubRip are renumbered. */
export function writeRawTrack({ head, cues, after }: RawTrack, format: 'vtt' | 'srt'): string {
  const time = format === 'vtt' ? vttTime : srtTime;
  const blocks = cues.flatMap(({ start, end, lines, id, settings, before }, at) => {
    const label = format === 'srt' ? [String(at + 1)] : id === undefined ? [] : [id];
    const times = `${time(start)} --> ${time(end)}${settings === '' ? '' : ` ${settings}`}`;
    return [...before, [...label, times, ...lines].join('\n')];
  });
  return `${[...head, ...blocks, ...after].join('\n\n')}\n`;
}
