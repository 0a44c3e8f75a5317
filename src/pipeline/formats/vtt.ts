import type { TextSink } from '../../storage/sink.ts';
import { vttTime } from '../cues/time.ts';
import { type CueSyntax, parseCues, TIMING_LINE } from './parse-cues.ts';
import type { TrackFormat, TrackReader } from './track-format.ts';
import { type TrackHeader, type TrackWriter, writtenBy } from './track-writer.ts';

/** Escapes text for a WebVTT cue. With `>` escaped, `-->` cannot occur either. */
export function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  // A NOTE must not contain `-->`, and ends at an empty line.
  const note = escapeVtt(writtenBy(header)).replace(/\s+/gu, ' ');
  await sink.write(`WEBVTT\n\nNOTE ${header.from === undefined ? 'Written' : 'Converted'} by ${note}\n`);
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      await sink.write(`\n${cues}\n${vttTime(cue.start)} --> ${vttTime(cue.end)}\n${escapeVtt(cue.text)}\n`);
    },
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}

const SIGNATURE = /^\uFEFF?WEBVTT(?:[ \t][^\r\n]*)?(?:[\r\n]|$)/;

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

/** Cue text without tags, character references resolved. */
function plainText(text: string): string {
  return text
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));/g, (whole, decimal?: string, hex?: string, name = '') => {
      const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
      if (code === undefined) return REFERENCES[name] ?? whole;
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
}

const SYNTAX: CueSyntax = {
  isTiming: (line) => TIMING_LINE.test(line) || line.includes('-->'),
  lacksTiming: ([first = '']) => !/^(?:\uFEFF?WEBVTT|NOTE|STYLE|REGION)(?:\s|:|$)/.test(first),
  times: /^\s*(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})\s*-->\s*(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?:\s|$)/,
  payload(lines) {
    const blank = lines.indexOf('');
    return plainText(lines.slice(0, blank === -1 ? lines.length : blank).join('\n'));
  },
};

const reader: TrackReader = {
  detect: (text) => SIGNATURE.test(text),
  parse: (text) => parseCues(text, SYNTAX),
};

/**
 * WebVTT (W3C, 4 April 2019): a NOTE that names the writer, then the cues, numbered from 1. The kind of a track
 * (`captions`, `descriptions`) is an attribute of HTML's `<track>`; the file has no place for it.
 */
export const vtt = {
  name: 'vtt',
  extension: 'vtt',
  description: "WebVTT: HTML's <track> and most web players",
  reader,
  open,
} as const satisfies TrackFormat;
