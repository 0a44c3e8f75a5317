import { from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { Caption, TextLine } from '../../../src/core/types.ts';
import { PROFILES } from '../../../src/pipeline/cues/profiles.ts';
import { rulesFor } from '../../../src/pipeline/cues/rules.ts';
import { toCues } from '../../../src/pipeline/cues/to-cues.ts';
import { readCaptions } from '../../../src/pipeline/screen-text/read-captions.ts';
import { editDistance, looksLikeClock, similarity } from '../../../src/pipeline/screen-text/similar-text.ts';
import { type TextPiece, TextPieces } from '../../../src/pipeline/screen-text/text-pieces.ts';
import { seconds } from '../support/captions.ts';

function textLine(text: string, place: Partial<TextLine> = {}): TextLine {
  return { text, confidence: 0.9, x: 0.1, y: 0.2, width: 0.4, height: 0.1, ...place };
}

/** A keyframe each second, with these lines; `undefined` where reading failed. */
function captionsOf(rows: readonly (readonly TextLine[] | undefined)[], texts: readonly string[] = []): Caption[] {
  return rows.map((lines, index) => ({
    ...{ video: 'a', index, pts: seconds(index), still: false, passes: 2 as const, confidence: 0.8 },
    ...{ draft: texts[index] ?? '', text: texts[index] ?? '' },
    ...(lines === undefined ? {} : { lines }),
  }));
}

function piecesOf(rows: readonly (readonly TextLine[] | undefined)[]): TextPiece[] {
  const pieces = new TextPieces(0);
  const ended = captionsOf(rows).flatMap((caption) => [...pieces.next(caption).ended]);
  return [...ended, ...pieces.end(seconds(rows.length))];
}

const told = ({ start, end, text, kind, from }: TextPiece) =>
  `${start / 1e6}-${end / 1e6} ${text} ${kind} [${from.join(',')}]`;

test('edit distance and similarity are those of the textbook', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
  expect(similarity('Exit 3', 'EXIT3')).toBe(1);
  expect(similarity('abcd', 'wxyz')).toBe(0);
});

test('text that stays is one piece, from its first keyframe to the first without it', () => {
  const exit = textLine('Exit 3');
  expect(piecesOf([[], [exit], [exit], [exit], [], []]).map(told)).toEqual(['1-4 Exit 3 text [1,3]']);
  expect(piecesOf([[exit], [exit]]).map(told)).toEqual(['0-2 Exit 3 text [0,1]']);
});

test('flicker is settled by votes, and one failed reading does not end a piece', () => {
  const rows = ['Exlt 3', 'Exit 3', 'Exit 3', undefined, 'Exit B', 'Exit 3'].map((text) =>
    text === undefined ? [] : [textLine(text)],
  );
  expect(piecesOf(rows).map(told)).toEqual(['0-6 Exit 3 text [0,5]']);
});

test('a keyframe whose reading failed says nothing about the text', () => {
  expect(piecesOf([[textLine('Exit 3')], undefined, undefined, undefined, [textLine('Exit 3')]]).map(told)).toEqual([
    '0-5 Exit 3 text [0,4]',
  ]);
});

test('other text at the same place is another piece; the same text may move a little', () => {
  expect(piecesOf([[textLine('Step one')], [textLine('Conclusion')], [textLine('Conclusion')]]).map(told)).toEqual([
    '0-1 Step one text [0,0]',
    '1-3 Conclusion text [1,2]',
  ]);
  expect(piecesOf([[textLine('Exit 3')], [textLine('Exit 3', { x: 0.3 })]]).map(told)).toEqual([
    '0-2 Exit 3 text [0,1]',
  ]);
});

test('a burnt-in clock is one piece, with its first reading', () => {
  const rows = ['22:05:09', '22:05:10', '22:05:11', '22:06:00'].map((time) => [textLine(`2026-11-26 ${time}`)]);
  expect(piecesOf(rows).map(told)).toEqual(['0-4 2026-11-26 22:05:09 clock [0,3]']);
});

test.for(['22:05:09', '2026-11-26', '26.11.2026 22:05', '9:30'])('%s looks like a clock', (text) => {
  expect(looksLikeClock(text)).toBe(true);
});
test.for(['Exit 3', 'Chapter 3: Methods', '192.168.0.1', 'Room 101'])('%s does not', (text) => {
  expect(looksLikeClock(text)).toBe(false);
});

async function cuesOf(
  rows: readonly (readonly TextLine[])[],
  texts: readonly string[],
  kind: 'descriptions' | 'captions' = 'descriptions',
) {
  const rules = rulesFor(PROFILES.web, 0, { kind });
  const timeline = { zero: 0, end: () => seconds(rows.length) };
  const cues = await lastValueFrom(
    from(captionsOf(rows, texts)).pipe(readCaptions(new TextPieces(0)), toCues(rules, timeline), toArray()),
  );
  return cues.map(({ text }) => text.replace(/\n/g, ' '));
}

test('a description track announces text that is large and new, once', async () => {
  const rows = [[], [], [textLine('Exit 3')], [textLine('Exit 3')], [textLine('Exit 3')], [textLine('Exit 3')]];
  const texts = ['A man walks', 'A man walks', 'A door', 'A door', 'A stair', 'A stair'];
  expect(await cuesOf(rows, texts)).toEqual(['A man walks', 'A door. Text on screen: Exit 3', 'A stair']);
  expect(await cuesOf(rows, texts, 'captions')).toEqual(['A man walks', 'A door', 'A stair']);
});

test('small text, clocks, unsure readings and burnt-in subtitles are not announced', async () => {
  const details = [
    textLine('small print', { height: 0.02 }),
    textLine('22:05:09', { y: 0 }),
    textLine('unsure', { confidence: 0.6, y: 0.4 }),
    textLine('I told you so', { x: 0.3, y: 0.85 }),
  ];
  expect(await cuesOf([details, details, details], ['A door', 'A door', 'A door'])).toEqual(['A door']);
});

test('where both do not fit, the description is shortened before the text', async () => {
  const rows = [0, 1, 2].map(() => [textLine('Platform 9')]);
  const text = 'A woman is walking along a street with a large red umbrella in her hand';
  expect(await cuesOf(rows, [text, text, text])).toEqual([
    'A woman is walking along a street. Text on screen: Platform 9',
  ]);
});

test('a keyframe without a caption of its own is described by its text', async () => {
  expect(await cuesOf([[textLine('The end')], [textLine('The end')]], ['', ''])).toEqual(['Text on screen: The end']);
});
