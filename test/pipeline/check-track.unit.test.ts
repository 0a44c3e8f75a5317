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

test('throws where the file is no track, or cannot be read', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'prose.srt'), 'It was a dark night\n');
  await expect(checkTrack(path.join(folder, 'prose.srt'), PROFILES.web)).rejects.toMatchObject({ code: 'not-a-track' });
  await expect(checkTrack(path.join(folder, 'none.srt'), PROFILES.web)).rejects.toMatchObject({ code: 'ENOENT' });
});
