import { expect, test } from 'vitest';
import type { FormatName } from '../../../src/pipeline/formats/formats.ts';
import { segmentCues } from '../../../src/pipeline/formats/hls-segments.ts';
import { parseTrack } from '../../../src/pipeline/formats/read-track.ts';
import { lostStyling, type StyleHolder } from '../../../src/pipeline/styling/lost-styling.ts';
import { styledCues } from '../../../src/pipeline/styling/styled-cues.ts';
import { HEADER } from '../support/captions.ts';
import { writeTrack } from '../support/writing.ts';

const VTT = `WEBVTT

STYLE
::cue(b) { color: red }

REGION
id:fred

intro
00:01.000 --> 00:02.000 line:0 align:start
<v Ann>Hi <b>you &amp; <i>me</i></b></v>

2
00:03.000 --> 00:04.000
<c.yellow>Sun</c>, <c.loud>bang</c>

3
00:05.000 --> 00:06.000 position:20% line:50%
plain
`;

const SRT = `1
00:00:01,000 --> 00:00:02,000
{\\an8}<i>It</i> is <font color="#ff8800">orange</font>

2
00:00:03,000 --> 00:00:04,000 X1:10 X2:20 Y1:30 Y2:40
<font color="red" size="20">red</font>
{\\b1}two{\\b0} <u>lines</u>

3
00:00:05,000 --> 00:00:06,000
a < b
`;

function styled(text: string) {
  const track = parseTrack(text);
  if (track === undefined) throw new Error('not a track');
  return styledCues(track);
}

async function converted(text: string, format: FormatName): Promise<string> {
  const { cues, styling } = styled(text);
  const { text: written } = await writeTrack(format, { cues, header: { ...HEADER, from: 'film', styling } });
  return written;
}

function lost(text: string, holder: StyleHolder): string | undefined {
  const { cues, styling } = styled(text);
  return lostStyling(cues, styling, holder);
}

test('WebVTT stays as it is in WebVTT', async () => {
  const text = (await converted(VTT, 'vtt')).replace(/NOTE .*\n\n/, '');
  expect(text).toBe(VTT.replaceAll('00:0', '00:00:0'));
  expect(lost(VTT, 'vtt')).toBeUndefined();
});

test('SubRip stays as it is in SubRip', async () => {
  // What starts no tag is made harmless.
  expect(await converted(SRT, 'srt')).toBe(SRT.replace('a < b', 'a ‹ b'));
  expect(lost(SRT, 'srt')).toBeUndefined();
});

test('WebVTT to SubRip', async () => {
  expect(await converted(VTT, 'srt')).toBe(`1
00:00:01,000 --> 00:00:02,000
{\\an7}Hi <b>you & </b><b><i>me</i></b>

2
00:00:03,000 --> 00:00:04,000
<font color="#ffff00">Sun</font>, bang

3
00:00:05,000 --> 00:00:06,000
{\\an4}plain
`);
  expect(lost(VTT, 'srt')).toBe(
    'exact positions (1 cue), classes (1 cue), names of speakers (1 cue), STYLE and REGION blocks',
  );
});

test('SubRip to WebVTT', async () => {
  expect((await converted(SRT, 'vtt')).replace(/^.*NOTE .*?\n\n/s, '')).toBe(`1
00:00:01.000 --> 00:00:02.000 line:0
<i>It</i> is orange

2
00:00:03.000 --> 00:00:04.000
<c.red>red</c>
<b>two</b> <u>lines</u>

3
00:00:05.000 --> 00:00:06.000
a &lt; b
`);
  expect(lost(SRT, 'vtt')).toBe('colours (1 cue), exact positions (1 cue), other markup (1 cue)');
});

test('to ASS and TTML', async () => {
  expect((await converted(VTT, 'ass')).split('\n').filter((line) => line.startsWith('Dialogue'))).toEqual([
    'Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\an7}Hi {\\b1}you & {\\b0}{\\b1\\i1}me{\\b0\\i0}',
    'Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\c&H00FFFF&}Sun{\\c}, bang',
    'Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\an4}plain',
  ]);
  const ttml = await converted(VTT, 'ttml');
  expect(ttml).toContain(
    '<region xml:id="place7" style="text" tts:origin="10% 5%" tts:extent="80% 20%" tts:displayAlign="before" tts:textAlign="left"/>',
  );
  expect(ttml).toContain(
    'region="place7" begin="00:00:01.000" end="00:00:02.000">Hi <span tts:fontWeight="bold">you &amp; </span><span tts:fontWeight="bold" tts:fontStyle="italic">me</span></p>',
  );
  expect(ttml).toContain(
    'region="bottom" begin="00:00:03.000" end="00:00:04.000"><span tts:color="#ffff00">Sun</span>',
  );
});

test('HLS segments have the STYLE and REGION blocks', () => {
  const { cues, styling } = styled(VTT);
  const segmenter = segmentCues(styling);
  for (const cue of cues) segmenter.next(cue);
  const [segment = ''] = segmenter.end(10_000).segments;
  expect(segment).toContain('LOCAL:00:00:00.000\n\nSTYLE\n::cue(b) { color: red }\n\nREGION\nid:fred\n\nintro\n');
  expect(lost(VTT, 'hls')).toBeUndefined();
  expect(lost(SRT, 'hls')).toBe(lost(SRT, 'vtt'));
});

test('plain text, JSON and MP4 say what they leave out', () => {
  expect(lost(SRT, 'txt')).toBe(
    'bold, italics and underlines (2 cues), colours (2 cues), positions (1 cue), exact positions (1 cue), other markup (1 cue)',
  );
  expect(lost(VTT, 'json')).toContain('bold, italics and underlines (1 cue), colours (1 cue), positions (2 cues)');
  expect(lost(SRT, 'mp4')).toContain('colours (2 cues), positions (1 cue)');
});

test('what says nothing is no styling', () => {
  const plain = 'WEBVTT\n\n1\n00:01.000 --> 00:02.000\na &amp; b\n\n00:03.000 --> 00:04.000\nline:0 stays text\n';
  expect(lost(plain, 'txt')).toBeUndefined();
  expect(styled(plain).cues.map(({ text }) => text)).toEqual(['a & b', 'line:0 stays text']);
});

test.each([
  ['line:0', 8],
  ['line:-1', undefined],
  ['line:90% align:left', 1],
  ['line:10%,start position:80%', 9],
  ['align:middle', undefined],
  ['vertical:rl', undefined],
])('place of %s', (settings, place) => {
  const { cues } = styled(`WEBVTT\n\n00:01.000 --> 00:02.000 ${settings}\nx\n`);
  expect(cues[0]?.style?.place).toBe(place);
});
