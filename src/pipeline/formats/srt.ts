import type { TextSink } from '../../storage/sink.ts';
import { srtCue } from '../styling/write-cue.ts';
import { type CueSyntax, parseCues, TIMING_LINE } from './parse-cues.ts';
import type { TrackFormat, TrackReader } from './track-format.ts';
import type { TrackWriter } from './track-writer.ts';

async function open(sink: TextSink): Promise<TrackWriter> {
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      const gap = cues === 1 ? '' : '\n';
      await sink.write(`${gap}${srtCue(cue, cues)}`);
    },
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}

/** As players read it: a point may stand for the comma, single digits are allowed, hours may be missing. */
const TIMES = /^\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})/;

/** Times that cannot be parsed, such as `00:00:0l,000 --> 00:00:02,000`: an arrow with something like a time at one side. */
const ARROW_LINE =
  /^\s*[-\w]{0,4}:?[\w ]{1,4}:[\w ]{1,4}(?:[,.:;]\w+)?\s*-+>|-+>\s*[-\w]{0,4}:?\w{1,4}:\w{1,4}[,.:;]\w+\s*$/;

const SYNTAX: CueSyntax = {
  isTiming: (line) => TIMING_LINE.test(line) || ARROW_LINE.test(line),
  // A text may contain empty lines and numbers: only the number that follows the last one starts a cue.
  lacksTiming: ([first = '', second = ''], number) => Number(first) === number + 1 && second.trim() !== '',
  times: TIMES,
  payload(lines, last) {
    // A cue's text may contain empty lines; it ends at the number of the next cue, which follows an empty line.
    const numbered = !last && /^\s*\d+\s*$/.test(lines.at(-1) ?? '') && (lines.at(-2) ?? '').trim() === '';
    return (numbered ? lines.slice(0, -1) : lines).join('\n');
  },
  plain: (text) => text.replace(/<\/?[a-zA-Z][^>]*>/g, '').replace(/\{\\[^}]*\}/g, ''),
  identifiers: false,
};

const reader: TrackReader = {
  detect: (text) => text.split(/[\r\n]+/).some((line) => TIMING_LINE.test(line) && /\d:\d/.test(line)),
  parse(text) {
    const parsed = parseCues(text, SYNTAX);
    return parsed.cues.length + parsed.invalid.length === 0 ? undefined : parsed;
  },
};

/**
 * SubRip: cues numbered from 1, UTF-8 without a byte order mark, lines that end with a line feed alone, which every
 * player accepts and text tools prefer.
 */
export const srt = {
  name: 'srt',
  extension: 'srt',
  description: 'SubRip: nearly every player and editor',
  reader,
  open,
} as const satisfies TrackFormat;
