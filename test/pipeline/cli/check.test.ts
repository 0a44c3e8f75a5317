import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type EndedLine, runEach } from '../../cli/support/program.ts';
import { jsonLines } from '../../cli/support/room.ts';
import { makeFolder } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: { path: string; remove: () => Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** `secondglance check ARGS` for each of several ARGS. */
function check(...lines: string[][]): Promise<EndedLine[]> {
  return runEach(
    lines.map((args) => ['check', ...args]),
    { cwd: folder.path },
  );
}

const CLEAN = '1\n00:00:01,000 --> 00:00:03,000\nA dog\n\n2\n00:00:03,000 --> 00:00:05,000\nA cat\n';
const BAD = `WEBVTT

00:00:01.000 --> 00:00:01.500
${'x'.repeat(50)}

00:00:02,000 --> 00:00:04,000
comma

00:00:05.000 --> 00:00:07.000
a
b
c
`;

test('a clean track: 0; the same held against another profile: 1', async () => {
  await writeFile(path.join(folder.path, 'clean.srt'), CLEAN);
  expect(await check(['clean.srt'], ['clean.srt', '--profile', 'netflix'])).toEqual([
    { code: 0, stdout: 'clean.srt: 2 cues, no violations of profile web\n', stderr: '' },
    { code: 1, stdout: 'clean.srt: cue 2 at 00:00:03.000: gap: 0 seconds, at least 0.083\n', stderr: '' },
  ]);
});

test('each violation is a line: which cue, when, which rule, what is and what may be', async () => {
  await writeFile(path.join(folder.path, 'bad.vtt'), BAD);
  const [plain, json] = await check(['bad.vtt'], ['bad.vtt', '--json']);
  expect(plain?.code).toBe(1);
  expect(plain?.stdout.trimEnd().split('\n')).toEqual([
    'bad.vtt: cue 1 at 00:00:01.000: too-short: 0.5 seconds, at least 1',
    'bad.vtt: cue 1 at 00:00:01.000: line-length: 50 characters, at most 42',
    'bad.vtt: cue 1 at 00:00:01.000: reading-speed: 100 characters a second, at most 20',
    'bad.vtt: cue 2 on line 6: timing: players drop a cue with these times: 00:00:02,000 --> 00:00:04,000',
    'bad.vtt: cue 3 at 00:00:05.000: lines: 3 lines, at most 2',
  ]);
  const lines = jsonLines(json?.stdout ?? '');
  expect(lines[0]).toEqual({
    event: 'violation',
    track: 'bad.vtt',
    cue: 1,
    time: 1,
    rule: 'too-short',
    value: 0.5,
    limit: 1,
    unit: 'seconds',
  });
  expect(lines.at(-1)).toEqual({
    event: 'summary',
    track: 'bad.vtt',
    profile: 'web',
    encoding: 'utf-8',
    cues: 2,
    violations: 5,
  });
});

test('several tracks in any encoding: each is checked, the worst decides, a guess is said', async () => {
  const text = '1\n00:00:01,000 --> 00:00:04,000\n我们今天要把水烧开然后等三分钟再倒进茶壶里面去\n';
  await writeFile(path.join(folder.path, 'gbk.srt'), iconv.encode(text, 'gbk'));
  await writeFile(path.join(folder.path, 'short.srt'), '1\n00:00:01,000 --> 00:00:01,500\nA dog\n');
  expect(
    await check(
      ['gbk.srt', 'short.srt'],
      ['gbk.srt', '--subtitle-encoding', 'gbk'],
      ['nowhere.vtt', 'gbk.srt'],
      ['gbk.srt', '--subtitle-encoding', 'martian'],
    ),
  ).toMatchObject([
    {
      code: 1,
      stdout:
        'gbk.srt: 1 cue, no violations of profile web\nshort.srt: cue 1 at 00:00:01.000: too-short: 0.5 seconds, at least 1\n',
      stderr:
        'gbk.srt is not UTF-8 and was read as gb18030: where that is wrong, name another with --subtitle-encoding\n',
    },
    { code: 0, stderr: '' },
    { code: 2, stdout: expect.stringContaining('1 cue') },
    { code: 2, stderr: expect.stringContaining('--subtitle-encoding martian: not a known encoding') },
  ]);
});

test('--fix repairs in place, keeps the file as it was, and says so', async () => {
  const wrong = 'WEBVTT\n\n00:02,000 --> 00:04,000\nsecond\n\n00:01.000 --> 00:03.000\nfirst\n';
  await writeFile(path.join(folder.path, 'wrong.vtt'), wrong);
  expect(await check(['wrong.vtt'], ['wrong.vtt', '--fix'], ['wrong.vtt', '--fix'])).toMatchObject([
    { code: 1 },
    {
      code: 0,
      stdout: 'wrong.vtt: 2 cues, no violations of profile web\n',
      stderr: [
        'wrong.vtt: cue 1 at 00:00:02.000: times written as players read them, not as 00:02,000 --> 00:04,000',
        'wrong.vtt: cue 2 at 00:00:01.000: end: 00:00:03.000 -> 00:00:02.000',
        'wrong.vtt: cue 2 at 00:00:01.000: moved before cue 1',
        'wrong.vtt: fixed, 3 changes; the original is kept as wrong.vtt.bak\n',
      ].join('\n'),
    },
    { code: 0, stderr: '' },
  ]);
  expect(await readFile(path.join(folder.path, 'wrong.vtt.bak'), 'utf8')).toBe(wrong);
  const settings = 'WEBVTT\n\n00:01.000 --> 00:03.000 align:middle line:200%\nfirst\n\n00:03.000 --> 00:04.000\n';
  await writeFile(path.join(folder.path, 'set.vtt'), settings);
  const [plain, json] = await check(['set.vtt'], ['set.vtt', '--fix', '--json']);
  expect(plain?.stdout).toBe(
    `set.vtt: cue 1 at 00:00:01.000: settings: players ignore align:middle: use start, center, end, left or right
set.vtt: cue 1 at 00:00:01.000: settings: players ignore line:200%: use a number, or 0% to 100%, with ,start ,center or ,end behind it or not
set.vtt: cue 2 at 00:00:03.000: empty: the cue has no text
`,
  );
  expect(jsonLines(json?.stdout ?? '')).toMatchObject([
    { event: 'change', track: 'set.vtt', cue: 1, time: 1, change: 'settings', from: 'align:middle line:200%' },
    { event: 'change', track: 'set.vtt', cue: 2, time: 3, change: 'removed' },
    { event: 'fixed', track: 'set.vtt', backup: expect.stringMatching(/set\.vtt\.bak$/), changes: 2 },
    { event: 'summary', violations: 0 },
  ]);
});

test('not a track, no file, a folder, an unknown profile: 2, and one sentence', async () => {
  await writeFile(path.join(folder.path, 'prose.vtt'), 'It was a dark and stormy night.\n');
  await mkdir(path.join(folder.path, 'tracks'), { recursive: true });
  expect(await check(['prose.vtt'], ['nowhere.vtt'], ['tracks'], ['prose.vtt', '--profile', 'mtv'])).toMatchObject([
    { code: 2, stdout: '', stderr: 'secondglance: "prose.vtt" is not a WebVTT or SubRip track\n' },
    { code: 2, stderr: 'secondglance: "nowhere.vtt" does not exist: check the name.\n' },
    { code: 2, stderr: expect.stringContaining('"tracks"') },
    { code: 2, stderr: 'secondglance: --profile mtv: use web, netflix, bbc\n' },
  ]);
});
