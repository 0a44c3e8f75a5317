import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkTrack } from '../../src/pipeline/check-track.ts';
import { PROFILES } from '../../src/pipeline/cues/profiles.ts';
import { temporaryFolder } from '../storage/support/folder.ts';

test('violations and cues with invalid times, in the order of the cues', async () => {
  const file = path.join(await temporaryFolder(), 'a.vtt');
  await writeFile(
    file,
    `WEBVTT

00:01,000 --> 00:02,000
comma

00:03.000 --> 00:03.500
short

00:06.000 --> 00:05.000
backwards

00:07.000 --> 00:09.000
fine
`,
  );
  expect(await checkTrack(file, PROFILES.web)).toEqual({
    cues: 2,
    encoding: 'utf-8',
    findings: [
      { rule: 'timing', cue: 1, line: 3, text: '00:01,000 --> 00:02,000' },
      { rule: 'too-short', cue: 2, start: 3e6, value: 0.5, limit: 1, unit: 'seconds' },
      { rule: 'timing', cue: 3, line: 9, text: '00:06.000 --> 00:05.000' },
    ],
  });
});

test('cues without text, and settings that players ignore', async () => {
  const folder = await temporaryFolder();
  await writeFile(
    path.join(folder, 'a.vtt'),
    `WEBVTT

00:01.000 --> 00:02.000 line:200% align:middle colour:red
Settings

00:03.000 --> 00:04.000

00:05.000 --> 00:06.000
<b></b>

00:07.000 --> 00:09.000 vertical:rl line:-2,end position:50%,line-left size:80% align:start
All of these are fine
`,
  );
  expect((await checkTrack(path.join(folder, 'a.vtt'), PROFILES.web)).findings).toEqual([
    {
      rule: 'settings',
      cue: 1,
      start: 1e6,
      setting: 'line:200%',
      reason: 'use a number, or 0% to 100%, with ,start ,center or ,end behind it or not',
    },
    {
      rule: 'settings',
      cue: 1,
      start: 1e6,
      setting: 'align:middle',
      reason: 'use start, center, end, left or right',
      instead: 'align:center',
    },
    {
      rule: 'settings',
      cue: 1,
      start: 1e6,
      setting: 'colour:red',
      reason: 'WebVTT has no such setting: use vertical, line, position, size, align, region',
    },
    { rule: 'empty', cue: 2, start: 3e6 },
    { rule: 'empty', cue: 3, start: 5e6 },
  ]);
  await writeFile(
    path.join(folder, 'a.srt'),
    '1\n00:00:01,000 --> 00:00:02,000 X1:10 X2:20 Y1:5 Y2:9\nfine\n\n2\n00:00:03,000 --> 00:00:04,000 line:0\n\n',
  );
  expect((await checkTrack(path.join(folder, 'a.srt'), PROFILES.web)).findings).toEqual([
    { rule: 'empty', cue: 2, start: 3e6 },
    { rule: 'settings', cue: 2, start: 3e6, setting: 'line:0', reason: 'SubRip has no settings of cues' },
  ]);
});

test('throws where the file is no track, or cannot be read', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'prose.srt'), 'It was a dark night\n');
  await expect(checkTrack(path.join(folder, 'prose.srt'), PROFILES.web)).rejects.toMatchObject({ code: 'not-a-track' });
  await expect(checkTrack(path.join(folder, 'none.srt'), PROFILES.web)).rejects.toMatchObject({ code: 'ENOENT' });
});
