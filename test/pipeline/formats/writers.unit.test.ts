import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Caption, Cue } from '../../../src/core/types.ts';
import { captions, HEADER, seconds } from '../support/captions.ts';
import { writeTrack } from '../support/writing.ts';

const cues: Cue[] = [
  { start: 0, end: 4_000_400, text: 'A man in a red shirt\nrides a bike downhill', from: [0, 1] },
  { start: 59_999_600, end: 62_000_000, text: 'Salt & pepper --> <b>a "table"</b>', from: [2] },
  { start: 90_000_000_000, end: 90_001_500_000, text: '{\\an8}Ein Café 🐕', from: [3] },
];
const captioned = captions([
  { at: 1.4667, text: 'A man rides a bike', confidence: 0.8123 },
  { at: 6.5, text: 'A "dog" & a <cat>', still: true, confidence: 0.4 },
  { at: 11.5, text: '', confidence: 0, error: { code: 'group-failed', message: 'the model failed three times' } },
]);

test('WebVTT', async () => {
  const { text } = await writeTrack('vtt', { cues });
  expect(text).toBe(`WEBVTT

NOTE Written by secondglance 0.1.0, model tiny@7

1
00:00:00.000 --> 00:00:04.000
A man in a red shirt
rides a bike downhill

2
00:01:00.000 --> 00:01:02.000
Salt &amp; pepper --&gt; &lt;b&gt;a "table"&lt;/b&gt;

3
25:00:00.000 --> 25:00:01.500
{\\an8}Ein Café 🐕
`);
});

test('SubRip', async () => {
  const { text } = await writeTrack('srt', { cues });
  expect(text).toBe(`1
00:00:00,000 --> 00:00:04,000
A man in a red shirt
rides a bike downhill

2
00:01:00,000 --> 00:01:02,000
Salt & pepper --› ‹b›a "table"‹/b›

3
25:00:00,000 --> 25:00:01,500
(\\an8)Ein Café 🐕
`);
});

test('TTML', async () => {
  const { text } = await writeTrack('ttml', { cues, header: { ...HEADER, language: 'pt-BR', kind: 'captions' } });
  const [, head = '', body = ''] = /^([\s\S]*)( {2}<body>[\s\S]*)$/.exec(text) ?? [];
  expect(head).toContain('ttp:timeBase="media" xml:lang="pt-BR">');
  expect(head).toContain('<ttm:title>holiday.mp4</ttm:title>');
  expect(body).toBe(`  <body>
    <div ttm:role="caption">
      <p xml:id="c1" region="bottom" begin="00:00:00.000" end="00:00:04.000">A man in a red shirt<br/>rides a bike downhill</p>
      <p xml:id="c2" region="bottom" begin="00:01:00.000" end="00:01:02.000">Salt &amp; pepper --&gt; &lt;b&gt;a &quot;table&quot;&lt;/b&gt;</p>
      <p xml:id="c3" region="bottom" begin="25:00:00.000" end="25:00:01.500">{\\an8}Ein Café 🐕</p>
    </div>
  </body>
</tt>
`);
});

test('ASS', async () => {
  const { text } = await writeTrack('ass', { cues, header: { ...HEADER, language: 'pt-BR' } });
  expect(text.slice(0, text.indexOf('ScriptType'))).toBe(`[Script Info]
; Written by secondglance 0.1.0, model tiny@7
Title: holiday.mp4
`);
  expect(text).toContain('\nLanguage: pt-BR\n');
  expect(text.slice(text.indexOf('[Events]'))).toBe(`[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:04.00,Default,,0,0,0,,A man in a red shirt\\Nrides a bike downhill
Dialogue: 0,0:01:00.00,0:01:02.00,Default,,0,0,0,,Salt & pepper --> <b>a "table"</b>
Dialogue: 0,25:00:00.00,25:00:01.50,Default,,0,0,0,,(⧵an8)Ein Café 🐕
`);
});

test('plain text: a time alone marks a gap', async () => {
  const touching: Cue = { start: 62_000_000, end: 63_000_000, text: '[sic] A dog', from: [4] };
  const { text } = await writeTrack('txt', { cues: [...cues.slice(0, 2), touching, ...cues.slice(2)] });
  expect(text).toBe(`[00:00.000] A man in a red shirt rides a bike downhill
[00:04.000]
[01:00.000] Salt & pepper --> <b>a "table"</b>
[01:02.000] (sic] A dog
[01:03.000]
[1500:00.000] {\\an8}Ein Café 🐕
[1500:01.500]
`);
});

test('JSON: both clocks of a keyframe, one item a line, keys in order', async () => {
  const { text, file } = await writeTrack('json', { captions: captioned, cues: cues.slice(0, 2) });
  expect(text).toBe(`{
  "source": {"name":"holiday.mp4","label":"films/holiday.mp4","start":1.5,"duration":30,"width":320,"height":240,"codec":"h264"},
  "options": {"frames":"auto","passes":2},
  "model": {"name":"tiny","version":"7","sha256":"${'ab'.repeat(32)}"},
  "keyframes": [
    {"index":0,"time":-0.033,"pts":1.467,"still":false,"draft":"A man rides a bike","text":"A man rides a bike","confidence":0.8123,"passes":2},
    {"index":1,"time":5,"pts":6.5,"still":true,"draft":"A \\"dog\\" & a <cat>","text":"A \\"dog\\" & a <cat>","confidence":0.4,"passes":2},
    {"index":2,"time":10,"pts":11.5,"still":false,"draft":"","text":"","confidence":0,"passes":2,"error":{"code":"group-failed","message":"the model failed three times"}}
  ],
  "cues": [
    {"start":0,"end":4,"text":"A man in a red shirt\\nrides a bike downhill","from":[0,1]},
    {"start":60,"end":62,"text":"Salt & pepper --> <b>a \\"table\\"</b>","from":[2]}
  ]
}
`);
  expect(() => JSON.parse(text)).not.toThrow();
  expect(await readdir(path.dirname(file))).toEqual(['holiday.json']);
});

test('JSON and JSON lines: why tracks leave captions out', async () => {
  const blank = captioned.map((caption): Caption => ({ ...caption, nothingVisible: true })).slice(0, 1);
  const all = [...blank, ...captioned.slice(1)];
  const header = { ...HEADER, options: { minConfidence: 0.5 } };
  const { text } = await writeTrack('json', { captions: all, header });
  const { keyframes } = JSON.parse(text);
  const reasons = ['nothing-visible', 'low-confidence', undefined];
  expect(keyframes.map(({ leftOut }: { leftOut?: string }) => leftOut)).toEqual(reasons);
  const { text: lines } = await writeTrack('jsonl', { captions: all, header });
  expect(lines.match(/"leftOut":"[\w-]+"/g)).toEqual(['"leftOut":"nothing-visible"', '"leftOut":"low-confidence"']);
});

test('JSON of a damaged video without keyframes', async () => {
  const damage = { code: 'truncated', message: 'the file ends early' };
  const { text } = await writeTrack('json', { summary: { end: seconds(1.5), damage } });
  expect(JSON.parse(text)).toMatchObject({ source: { duration: 0, damage }, keyframes: [], cues: [] });
});

test('JSON larger than the buffer in memory, with characters of several bytes', async () => {
  const many = captions(
    Array.from({ length: 3000 }, (_, at) => ({ at, text: `Ein Café 🐕 ${at} ${'ü'.repeat(at % 50)}` })),
  );
  const { text } = await writeTrack('json', { captions: many });
  const read: { keyframes: { index: number; text: string }[] } = JSON.parse(text);
  expect(read.keyframes.map(({ text }) => text)).toEqual(many.map(({ text }) => text));
});

test('JSON lines', async () => {
  const { text } = await writeTrack('jsonl', { captions: captioned, cues });
  expect(text).toBe(
    [
      '{"video":"holiday.mp4","index":0,"time":-0.033,"draft":"A man rides a bike","text":"A man rides a bike","confidence":0.8123,"passes":2,"model":"tiny@7"}',
      '{"video":"holiday.mp4","index":1,"time":5,"draft":"A \\"dog\\" & a <cat>","text":"A \\"dog\\" & a <cat>","confidence":0.4,"passes":2,"model":"tiny@7"}',
      '{"video":"holiday.mp4","index":2,"time":10,"draft":"","text":"","confidence":0,"passes":2,"model":"tiny@7","error":{"code":"group-failed","message":"the model failed three times"}}',
      '',
    ].join('\n'),
  );
});

test('tracks without cues are complete tracks', async () => {
  expect((await writeTrack('vtt', {})).text).toBe('WEBVTT\n\nNOTE Written by secondglance 0.1.0, model tiny@7\n');
  expect((await writeTrack('srt', {})).text).toBe('');
  expect((await writeTrack('jsonl', {})).text).toBe('');
  expect((await writeTrack('txt', {})).text).toBe('');
  expect((await writeTrack('ass', {})).text).toMatch(/\nFormat: Layer, .*\n$/);
  expect((await writeTrack('ttml', {})).text).toMatch(
    /<div ttm:role="description">\n {4}<\/div>\n {2}<\/body>\n<\/tt>\n$/,
  );
});
