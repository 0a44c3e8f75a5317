import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import subsrt from 'subsrt-ts';
import { expect, test } from 'vitest';
import { parseTrack, readTrack } from '../../../src/pipeline/formats/read-track.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { cuesOf } from '../support/captions.ts';
import { writeTrack } from '../support/writing.ts';

/** `start-end line / line` of every cue, in seconds. */
function read(text: string): string[] {
  return (parseTrack(text)?.cues ?? []).map(
    ({ start, end, lines }) => `${start / 1e6}-${end / 1e6} ${lines.join(' / ')}`,
  );
}

test('WebVTT with everything that it may contain', () => {
  const text = `\uFEFFWEBVTT - a title\r
Kind: captions\r
\r
STYLE\r
::cue(b) { color: red }\r
\r
NOTE\r
one thing\r
\r
intro\r
00:01.000 --> 00:02.500 align:start position:10%\r
<v Bob>Salt &amp; <i.loud>pepper</i></v> &#38; &#x1F415; &nope;\r
second <00:00:02.000>line\r
\r
\r
100:00:00.000 --> 100:00:01.000\r
&lt;b&gt;`;
  expect(parseTrack(text)?.format).toBe('vtt');
  expect(read(text)).toEqual(['1-2.5 Salt & pepper & 🐕 &nope; / second line', '360000-360001 <b>']);
});

test('SubRip as found in the wild: CR, no numbers, points, blank lines in a text, tags', () => {
  const text = `1
00:00:01,000 --> 00:00:02,000 X1:1 X2:2
<font color="#fff">A {\\an8}dog</font>

and a cat

2
0:00:03.5 --> 0:00:04.25
5 < 6 and {no tag}
00:05,000 --> 00:06,000
42
`;
  const expected = ['1-2 A dog / and a cat', '3.5-4.25 5 < 6 and {no tag}', '5-6 42'];
  expect(read(text)).toEqual(expected);
  expect(read(text.replaceAll('\n', '\r'))).toEqual(expected);
});

test('a cue that players drop is reported with its line', () => {
  const vtt =
    'WEBVTT\n\n00:01,000 --> 00:02,000\ncomma\n\n00:04.000 --> 00:03.000\nbackwards\n\n00:05.000 --> 00:06.000\nok\n';
  expect(parseTrack(vtt)).toMatchObject({
    cues: [{ number: 3, lines: ['ok'] }],
    invalid: [
      { number: 1, line: 3, text: '00:01,000 --> 00:02,000' },
      { number: 2, line: 6, text: '00:04.000 --> 00:03.000' },
    ],
  });
  const srt = '1\n00:00:01,000 -> 00:00:02,000\nshort arrow\n\n2\n00:00:03,000 --> 00:00:04,000\nok\n';
  expect(parseTrack(srt)?.invalid).toEqual([{ number: 1, line: 2, text: '00:00:01,000 -> 00:00:02,000' }]);
});

test('every cue that cannot be parsed is counted', () => {
  const lost = (text: string) => parseTrack(text)?.invalid.map(({ line }) => line);
  const good = '00:00:04,000 --> 00:00:06,000\nok\n';
  const bad = [
    '-00:00:01,000 --> 00:00:03,000',
    '00:00:01,000 --> -00:00:03,000',
    '00:00:0l,000 --> 00:00:03,000',
    '00:00:O1,000 --> 00:00:03,000',
    '--> 00:00:03,000',
    '00:00:01 --> ',
    'Hello without times',
  ];
  for (const line of bad) expect(lost(`1\n${line}\nHello\n\n2\n${good}`), line).toHaveLength(1);
  expect(lost(`1\n${good}\n2\nno times\n\n3\n${good}`)).toEqual([5]);
  expect(lost(`1\n${good}\n7\na text with an empty line and a number\n\n2\n${good}`)).toEqual([]);
  expect(lost(`1\n00:00:01,000 --> 00:00:03,000\nlook --> here\n\n2\n${good}`)).toEqual([]);
  const vtt =
    'WEBVTT\n\nNOTE a note\n\nSTYLE\n::cue {}\n\nintro\n00:01.000 --> 00:02.000\na\n\nno times\n\n-00:01.000 --> 00:02.000\nb\n';
  expect(lost(vtt)).toEqual([12, 14]);
});

test('our own tracks are read back, and subsrt reads an SRT the same way', async () => {
  const cues = await cuesOf(
    [
      { at: 0, text: 'Salt & pepper --> <b>a "table"</b> with a very long cloth on it' },
      { at: 4, text: '{\\an8}Ein Café 🐕' },
    ],
    8,
  );
  const [vtt, srt] = [(await writeTrack('vtt', { cues })).text, (await writeTrack('srt', { cues })).text];
  expect(parseTrack(vtt)?.cues.map(({ lines }) => lines.join('\n'))).toEqual(cues.map(({ text }) => text));
  const other = subsrt.parse(srt, { format: 'srt', eol: '\n' }).filter((entry) => entry.type === 'caption');
  expect(parseTrack(srt)?.cues.map(({ start, lines }) => [start / 1000, lines.join('\n')])).toEqual(
    other.map(({ start, content }) => [start, content.trimEnd()]),
  );
});

test('UTF-8, UTF-16 and Windows-1252', async () => {
  const folder = await temporaryFolder();
  const text = '1\n00:00:01,000 --> 00:00:02,000\nEin Café\n';
  const files = {
    'utf8.srt': Buffer.from(text),
    'bom.srt': Buffer.from(`\uFEFF${text}`),
    'utf16le.srt': Buffer.from(`\uFEFF${text}`, 'utf16le'),
    'utf16be.srt': Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
    'windows.srt': Buffer.from(text, 'latin1'),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    expect((await readTrack(file)).cues[0]?.lines, name).toEqual(['Ein Café']);
  }
});

test('a file that is not a track is rejected, and not read to its end', async () => {
  const folder = await temporaryFolder();
  const files: Record<string, string | Buffer> = {
    'empty.vtt': '',
    'prose.srt': 'It was a dark and stormy night --> and so on\n',
    'almost.vtt': 'WEBVTTX\n',
    'film.mp4': Buffer.concat([Buffer.from('\0\0\0\x20ftypisom'), Buffer.alloc(1000)]),
    'broken.srt': '1\nsoon --> later\nhm\n',
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await writeFile(file, content);
    await expect(readTrack(file), name).rejects.toMatchObject({ code: 'not-a-track' });
  }
  await writeFile(path.join(folder, 'none.srt'), '');
  expect(await readTrack(path.join(folder, 'none.srt'))).toMatchObject({ cues: [], invalid: [] });
  await writeFile(path.join(folder, 'none.vtt'), 'WEBVTT\n');
  expect(await readTrack(path.join(folder, 'none.vtt'))).toMatchObject({ cues: [], invalid: [] });
});
