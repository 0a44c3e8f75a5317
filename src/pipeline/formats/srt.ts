import type { TextSink } from '../../storage/sink.ts';
import { srtTime } from '../cues/time.ts';
import { type CueSyntax, parseCues, TIMING_LINE } from './parse-cues.ts';
import type { TrackFormat, TrackReader } from './track-format.ts';
import type { TrackWriter } from './track-writer.ts';

const LOOKALIKES: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '{': '(', '}': ')' };

/**
 * Replaces the characters that could start a tag. SubRip has no escapes, yet players obey `<i>` and `{\an8}` in it, so
 * these characters become ones that look alike and have no meaning.
 */
function sanitize(text: string): string {
  return text.replace(/[<>{}]/g, (mark) => LOOKALIKES[mark] ?? mark);
}

async function open(sink: TextSink): Promise<TrackWriter> {
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      const gap = cues === 1 ? '' : '\n';
      await sink.write(`${gap}${cues}\n${srtTime(cue.start)} --> ${srtTime(cue.end)}\n${sanitize(cue.text)}\n`);
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
    const text = (numbered ? lines.slice(0, -1) : lines).join('\n');
    return text.replace(/<\/?[a-zA-Z][^>]*>/g, '').replace(/\{\\[^}]*\}/g, '');
  },
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
