import type { TextSink } from '../../storage/sink.ts';
import { escapeVtt, resolveReferences } from '../styling/vtt-text.ts';
import { vttCue } from '../styling/write-cue.ts';
import { type CueSyntax, parseCues, TIMING_LINE } from './parse-cues.ts';
import type { TrackFormat, TrackReader } from './track-format.ts';
import { type TrackHeader, type TrackWriter, writtenBy } from './track-writer.ts';

async function open(sink: TextSink, header: TrackHeader): Promise<TrackWriter> {
  // A NOTE must not contain `-->`, and ends at an empty line.
  const note = escapeVtt(writtenBy(header)).replace(/\s+/gu, ' ');
  await sink.write(`WEBVTT\n\nNOTE ${header.from === undefined ? 'Written' : 'Converted'} by ${note}\n`);
  for (const block of header.styling?.blocks ?? []) await sink.write(`\n${block}\n`);
  let cues = 0;

  return {
    async caption() {},
    async cue(cue) {
      cues += 1;
      await sink.write(`\n${vttCue(cue, cues)}`);
    },
    finish: () => sink.commit(),
    abort: () => sink.discard(),
  };
}

const SIGNATURE = /^\uFEFF?WEBVTT(?:[ \t][^\r\n]*)?(?:[\r\n]|$)/;

/** Cue text without tags, character references resolved. */
function plainText(text: string): string {
  return resolveReferences(text.replace(/<[^>]*>/g, ''));
}

const SYNTAX: CueSyntax = {
  isTiming: (line) => TIMING_LINE.test(line) || line.includes('-->'),
  lacksTiming: ([first = '']) => !/^(?:\uFEFF?WEBVTT|NOTE|STYLE|REGION)(?:\s|:|$)/.test(first),
  times: /^\s*(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})\s*-->\s*(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})(?:\s|$)/,
  payload(lines) {
    const blank = lines.indexOf('');
    return lines.slice(0, blank === -1 ? lines.length : blank).join('\n');
  },
  plain: plainText,
  identifiers: true,
};

/** STYLE and REGION blocks, which come before the first cue. */
function blocksOf(text: string): string[] {
  const head = text.replace(/\r\n?/g, '\n').split(/\n{2,}/);
  const cue = head.findIndex((block) => block.includes('-->'));
  const before = cue === -1 ? head : head.slice(0, cue);
  return before.map((block) => block.trim()).filter((block) => /^(?:STYLE|REGION)\s*\n/.test(block));
}

const reader: TrackReader = {
  detect: (text) => SIGNATURE.test(text),
  parse(text) {
    const blocks = blocksOf(text);
    return { ...parseCues(text, SYNTAX), ...(blocks.length === 0 ? {} : { blocks }) };
  },
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
