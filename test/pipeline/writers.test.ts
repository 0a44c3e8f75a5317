import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Cue } from '../../src/core/types.ts';
import { captions, seconds } from './support/captions.ts';
import { writeTrack } from './support/writing.ts';

const cues: Cue[] = [
  { start: 0, end: 4_000_400, text: 'A man in a red shirt\nrides a bike downhill', from: [0, 1] },
  { start: 59_999_600, end: 62_000_000, text: 'Salt & pepper --> <b>a "table"</b>', from: [2] },
  { start: 90_000_000_000, end: 90_001_500_000, text: '{\\an8}Ein Café 🐕', from: [3] },
];
const looks = captions([
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

test('JSON: both clocks of a keyframe, one item a line, keys in order', async () => {
  const { text, file } = await writeTrack('json', { captions: looks, cues: cues.slice(0, 2) });
  expect(text).toBe(`{
  "source": {"name":"holiday.mp4","label":"films/holiday.mp4","start":1.5,"duration":30,"width":320,"height":240,"codec":"h264"},
  "options": {"frames":"auto","looks":2},
  "model": {"name":"tiny","version":"7","sha256":"${'ab'.repeat(32)}"},
  "keyframes": [
    {"index":0,"time":-0.033,"pts":1.467,"still":false,"draft":"A man rides a bike","text":"A man rides a bike","confidence":0.8123,"looks":2},
    {"index":1,"time":5,"pts":6.5,"still":true,"draft":"A \\"dog\\" & a <cat>","text":"A \\"dog\\" & a <cat>","confidence":0.4,"looks":2},
    {"index":2,"time":10,"pts":11.5,"still":false,"draft":"","text":"","confidence":0,"looks":2,"error":{"code":"group-failed","message":"the model failed three times"}}
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

test('JSON of nothing, damaged', async () => {
  const damage = { code: 'truncated', message: 'the file ends early' };
  const { text } = await writeTrack('json', { summary: { end: seconds(1.5), damage } });
  expect(JSON.parse(text)).toMatchObject({ source: { duration: 0, damage }, keyframes: [], cues: [] });
});

test('JSON larger than what is gathered in memory, with characters of several bytes', async () => {
  const many = captions(
    Array.from({ length: 3000 }, (_, at) => ({ at, text: `Ein Café 🐕 ${at} ${'ü'.repeat(at % 50)}` })),
  );
  const { text } = await writeTrack('json', { captions: many });
  const read: { keyframes: { index: number; text: string }[] } = JSON.parse(text);
  expect(read.keyframes.map(({ text }) => text)).toEqual(many.map(({ text }) => text));
});

test('JSON lines', async () => {
  const { text } = await writeTrack('jsonl', { captions: looks, cues });
  expect(text).toBe(
    [
      '{"video":"holiday.mp4","index":0,"time":-0.033,"draft":"A man rides a bike","text":"A man rides a bike","confidence":0.8123,"looks":2,"model":"tiny@7"}',
      '{"video":"holiday.mp4","index":1,"time":5,"draft":"A \\"dog\\" & a <cat>","text":"A \\"dog\\" & a <cat>","confidence":0.4,"looks":2,"model":"tiny@7"}',
      '{"video":"holiday.mp4","index":2,"time":10,"draft":"","text":"","confidence":0,"looks":2,"model":"tiny@7","error":{"code":"group-failed","message":"the model failed three times"}}',
      '',
    ].join('\n'),
  );
});

test('tracks without cues are whole tracks', async () => {
  expect((await writeTrack('vtt', {})).text).toBe('WEBVTT\n\nNOTE Written by secondglance 0.1.0, model tiny@7\n');
  expect((await writeTrack('srt', {})).text).toBe('');
  expect((await writeTrack('jsonl', {})).text).toBe('');
});
