import { open, readFile } from 'node:fs/promises';
import type { Micros } from '../../core/types.ts';
import { OutputError } from '../../storage/errors.ts';

/** A cue as a track has it. */
export interface ReadCue {
  /** Position in the file, from 1, whatever the file calls it. */
  readonly number: number;
  readonly start: Micros;
  readonly end: Micros;
  /** What a viewer reads: without tags, references resolved, no empty lines. */
  readonly lines: readonly string[];
}

/** A cue that players leave out, because its times cannot be read or it ends before it starts. */
export interface InvalidCue {
  readonly number: number;
  /** Line of the file, from 1, and what stands there. */
  readonly line: number;
  readonly text: string;
}

/** A WebVTT or SubRip file. */
export interface ReadTrack {
  readonly format: 'vtt' | 'srt';
  readonly cues: readonly ReadCue[];
  readonly invalid: readonly InvalidCue[];
}

/** So much of a file is looked at to tell whether it is a track at all: a film is not read to its end. */
const HEAD_BYTES = 65_536;
const VTT = /^\uFEFF?WEBVTT(?:[ \t][^\r\n]*)?(?:[\r\n]|$)/;
/** A line that is meant to hold the times of a cue. */
const TIMING = /^\s*\d[\d:.,\s]*-+>\s*\d/;
const VTT_TIMES =
  /^\s*(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})\s*-->\s*(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?:\s|$)/;
/** Players take a point for the comma, single digits, and missing hours. */
const SRT_TIMES = /^\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})/;

function timesOf(pattern: RegExp, line: string): { start: Micros; end: Micros } | undefined {
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

const REFERENCES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00A0',
  lrm: '\u200E',
  rlm: '\u200F',
};

function plainVtt(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));/g, (whole, decimal?: string, hex?: string, name = '') => {
      const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
      if (code === undefined) return REFERENCES[name] ?? whole;
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
}

function plainSrt(text: string): string {
  return text.replace(/<\/?[a-zA-Z][^>]*>/g, '').replace(/\{\\[^}]*\}/g, '');
}

/** The lines below a cue's times. Those of SubRip end at the next cue, and its number, which may stand after a blank line. */
function payloadOf(format: 'vtt' | 'srt', lines: readonly string[], followed: boolean): string[] {
  if (format === 'vtt') {
    const blank = lines.indexOf('');
    return plainVtt(lines.slice(0, blank === -1 ? lines.length : blank).join('\n')).split('\n');
  }
  const numbered = followed && /^\s*\d+\s*$/.test(lines.at(-1) ?? '') && (lines.at(-2) ?? '').trim() === '';
  return plainSrt((numbered ? lines.slice(0, -1) : lines).join('\n')).split('\n');
}

/** Reads the text of a track; undefined where it is neither WebVTT nor SubRip. */
export function parseTrack(text: string): ReadTrack | undefined {
  const format = VTT.test(text) ? 'vtt' : 'srt';
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const isTiming = (line: string): boolean => TIMING.test(line) || (format === 'vtt' && line.includes('-->'));
  const starts = lines.flatMap((line, at) => (isTiming(line) ? [at] : []));
  const cues: ReadCue[] = [];
  const invalid: InvalidCue[] = [];
  starts.forEach((at, index) => {
    const number = index + 1;
    const line = lines[at] ?? '';
    const times = timesOf(format === 'vtt' ? VTT_TIMES : SRT_TIMES, line);
    if (times === undefined || times.end <= times.start) {
      invalid.push({ number, line: at + 1, text: line.trim() });
      return;
    }
    const payload = payloadOf(format, lines.slice(at + 1, starts[index + 1]), index + 1 < starts.length);
    cues.push({ number, ...times, lines: payload.map((part) => part.trim()).filter((part) => part !== '') });
  });
  return format === 'srt' && cues.length === 0 ? undefined : { format, cues, invalid };
}

/** UTF-8 where it is that, UTF-16 where the file says so, else what old subtitle tools write. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a WebVTT or SubRip file, whoever wrote it. An empty `.srt` is a track without cues. Throws `not-a-track` where it
 * is something else, or the system's own error where it cannot be read.
 */
export async function readTrack(file: string): Promise<ReadTrack> {
  const head = decode(await headOf(file));
  if (head.trim() === '' && /\.srt$/i.test(file)) return { format: 'srt', cues: [], invalid: [] };
  const plausible =
    !head.includes('\0') && (VTT.test(head) || head.split(/[\r\n]+/).some((line) => SRT_TIMES.test(line)));
  const track = plausible ? parseTrack(decode(await readFile(file))) : undefined;
  if (track !== undefined) return track;
  throw new OutputError('not-a-track', `"${file}" is not a WebVTT or SubRip track`);
}
