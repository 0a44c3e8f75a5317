import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { checkTrack } from '../../../src/pipeline/check-track.ts';
import { PROFILES, type ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import { fixTrack } from '../../../src/pipeline/repair/fix-track.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { randomNumbers } from '../support/captions.ts';

/** What a file contains after `--fix`, and what a check then finds. */
async function fixed(name: string, content: string | Buffer, profile: ProfileName = 'web') {
  const folder = await temporaryFolder();
  const file = path.join(folder, name);
  await writeFile(file, content);
  const fix = await fixTrack(file, PROFILES[profile]);
  const { findings } = await checkTrack(file, PROFILES[profile]);
  return { fix, text: await readFile(file, 'utf8'), rules: findings.map(({ rule }) => rule), folder };
}

async function faultsOf(name: string, content: string, profile: ProfileName) {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return (await checkTrack(file, PROFILES[profile])).findings;
}

test('an overlap is repaired without making a cue too short or too fast', async () => {
  const cue = (at: number, times: string, text: string): string =>
    `${at}\n00:00:${times.replace(' ', ' --> 00:00:')}\n${text}\n`;
  // The second one can start later; the last two cannot both have their time.
  const track = [
    cue(1, '01,000 03,000', 'A dog runs'),
    cue(2, '01,416 05,000', 'A cat sleeps'),
    cue(3, '10,000 12,000', 'A dog runs'),
    cue(4, '10,416 11,500', 'A cat sleeps'),
  ];
  const { text, rules } = await fixed('a.srt', track.join('\n'));
  expect(text).toBe(
    [
      cue(1, '01,000 02,000', 'A dog runs'),
      cue(2, '02,000 05,000', 'A cat sleeps'),
      cue(3, '10,000 11,000', 'A dog runs'),
      cue(4, '10,416 11,500', 'A cat sleeps'),
    ].join('\n'),
  );
  expect(rules).toEqual(['overlap']);
});

test('SubRip: times, order, overlaps, lengths, lines and encoding; words and markup stay', async () => {
  const long = 'A rather long line of a subtitle that nobody has broken anywhere';
  const content = `7\r
00:00:10,000 --> 00:00:09,000\r
backwards\r
\r
8\r
-00:00:01,000 --> 00:00:03,500 X1:1\r
<i>Früher</i>\r
\r
9\r
0:00:02.0 -> 00:00:05,000\r
overlapped\r
with an\r
\r
empty line\r
\r
10\r
00:00:2l,O00 --> 00:00:21,100\r
${long}\r
`;
  const { text, rules, fix, folder } = await fixed('a.srt', iconv.encode(content, 'windows-1252'));
  expect(text).toBe(`1
00:00:00,000 --> 00:00:02,000 X1:1
<i>Früher</i>

2
00:00:02,000 --> 00:00:05,000
overlapped with an empty line

3
00:00:10,000 --> 00:00:11,000
backwards

4
00:00:21,000 --> 00:00:24,200
A rather long line of a subtitle
that nobody has broken anywhere
`);
  expect(rules).toEqual([]);
  expect(fix?.backup).toBe(path.join(folder, 'a.srt.bak'));
  expect(fix?.changes).toEqual([
    { change: 'encoding', from: 'windows-1252', to: 'utf-8' },
    { change: 'end', cue: 1, start: 10e6, from: 9e6, to: 11e6 },
    { change: 'times', cue: 2, start: 0, from: '-00:00:01,000 --> 00:00:03,500 X1:1' },
    { change: 'end', cue: 2, start: 0, from: 3.5e6, to: 2e6 },
    { change: 'order', cue: 2, start: 0, before: 1 },
    { change: 'times', cue: 3, start: 2e6, from: '0:00:02.0 -> 00:00:05,000' },
    {
      change: 'lines',
      cue: 3,
      start: 2e6,
      from: 'overlapped\nwith an\nempty line',
      to: 'overlapped with an empty line',
    },
    { change: 'order', cue: 3, start: 2e6, before: 1 },
    { change: 'times', cue: 4, start: 21e6, from: '00:00:2l,O00 --> 00:00:21,100' },
    { change: 'end', cue: 4, start: 21e6, from: 21.1e6, to: 24.2e6 },
    { change: 'lines', cue: 4, start: 21e6, from: long, to: long.replace(' that', '\nthat') },
  ]);
  expect(iconv.decode(await readFile(path.join(folder, 'a.srt.bak')), 'windows-1252')).toBe(content);
  // A second time there is nothing to do.
  expect(await fixTrack(path.join(folder, 'a.srt'), PROFILES.web)).toBeUndefined();
  expect((await readdir(folder)).sort()).toEqual(['a.srt', 'a.srt.bak']);
});

test('WebVTT: header, styles, notes, identifiers and settings stay', async () => {
  const { text, rules } = await fixed(
    'a.vtt',
    'WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE later\n\nb\n00:05.000 --> 00:08.000 align:start\n<v Bob>&amp; so on</v>\n\nNOTE first\n\na\n00:01,000 --> 00:06,000\none\n',
  );
  expect(text).toBe(
    'WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE first\n\na\n00:00:01.000 --> 00:00:05.000\none\n\nNOTE later\n\nb\n00:00:05.000 --> 00:00:08.000 align:start\n<v Bob>&amp; so on</v>\n',
  );
  expect(rules).toEqual([]);
});

test('settings that players ignore, and cues without text', async () => {
  const { text, rules, fix } = await fixed(
    'a.vtt',
    `WEBVTT

REGION
id:here

NOTE stays

00:01.000 --> 00:03.000 line:200% align:middle
one

NOTE of nothing

00:03.000 --> 00:05.000
<i> </i>

00:05.000 --> 00:07.000 line:0 region:here region:nowhere line:90%,end size:50%
two

00:07.000 --> 00:09.000
`,
  );
  expect(text).toBe(`WEBVTT

REGION
id:here

NOTE stays

00:00:01.000 --> 00:00:03.000 align:center
one

NOTE of nothing

00:00:05.000 --> 00:00:07.000 region:here line:90%,end size:50%
two
`);
  expect(rules).toEqual([]);
  expect(fix?.changes).toEqual([
    { change: 'settings', cue: 1, start: 1e6, from: 'line:200% align:middle', to: 'align:center' },
    { change: 'removed', cue: 2, start: 3e6, from: '<i> </i>', to: '' },
    {
      change: 'settings',
      cue: 3,
      start: 5e6,
      from: 'line:0 region:here region:nowhere line:90%,end size:50%',
      to: 'region:here line:90%,end size:50%',
    },
    { change: 'removed', cue: 4, start: 7e6, from: '', to: '' },
  ]);
});

test('a track without faults stays as it is', async () => {
  const clean = '1\r\n00:00:01,000 --> 00:00:03,000\r\nA dog\r\n';
  expect(await fixed('a.srt', clean)).toMatchObject({ fix: undefined, text: clean, rules: [] });
});

test.each(['web', 'netflix', 'bbc'] as const)(
  '%s: a mess of times has its order and lines repaired, and no cue gets a fault that it had not',
  async (profile) => {
    const random = randomNumbers(31);
    const time = (seconds: number): string =>
      `00:${String(Math.floor(seconds / 60)).padStart(2, '0')}:${(seconds % 60).toFixed(3).padStart(6, '0').replace('.', ',')}`;
    const cues = Array.from({ length: 60 }, (_, at) => {
      const start = 300 * random();
      return `${at + 1}\n${time(start)} --> ${time(Math.max(0, start - 1 + 9 * random()))}\n${'word '.repeat(1 + Math.floor(8 * random())).trim()}\n`;
    });
    const before = await faultsOf('a.srt', cues.join('\n'), profile);
    const { rules, text, folder } = await fixed('a.srt', cues.join('\n'), profile);
    expect(rules.filter((rule) => ['order', 'timing', 'lines', 'line-length'].includes(rule))).toEqual([]);
    const { findings } = await checkTrack(path.join(folder, 'a.srt'), PROFILES[profile]);
    const count = (rule: string, all: readonly { readonly rule: string }[]) =>
      all.filter((found) => found.rule === rule).length;
    expect(count('overlap', findings)).toBeLessThan(count('overlap', before) / 2);
    for (const rule of ['too-short', 'reading-speed', 'too-long', 'gap'] as const) {
      expect(count(rule, findings), rule).toBeLessThanOrEqual(count(rule, before));
    }
    expect(text.match(/word/g)).toHaveLength(cues.join().match(/word/g)?.length ?? 0);
  },
);
