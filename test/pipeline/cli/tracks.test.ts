import { copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../../src/core/version.ts';
import { run } from '../../cli/support/program.ts';
import { benches, colourPicture, colourVideo, cuesOf, jsonLines } from '../../cli/support/room.ts';
import { buildTinyBundle } from '../../support/tiny-bundle.ts';
import { ffmpeg } from '../../support/videos.ts';

// Each run starts several processes: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([
    colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
    colourVideo(path.join(shared, 'clip.gif'), ['yellow', 'blue'], 2, ['-pix_fmt', 'rgb8']),
    colourPicture(path.join(shared, 'white.png'), 'white'),
  ]);
});

const VTT = `WEBVTT

NOTE Written by secondglance ${VERSION}, model tiny@1

1
00:00:00.000 --> 00:00:02.000
A bright red picture

2
00:00:02.000 --> 00:00:04.000
A bright green picture

3
00:00:04.000 --> 00:00:06.000
A bright blue picture
`;

describe.concurrent('the four formats, word for word', () => {
  test('vtt beside the input, by default; the last line tells what was done', async () => {
    const { shared, at, read, caption, folder } = await bench('vtt');
    await copyFile(path.join(shared, 'rgb.mp4'), at('rgb.mp4'));
    const { code, stdout, stderr } = await caption('rgb.mp4');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(await read('rgb.vtt')).toBe(VTT);
    expect(stderr).toMatch(/^rgb\.mp4: 3 keyframes, 3 cues in \d+\.\d s, \d+\.\d times real time -> .*\/rgb\.vtt\n$/);
    expect((await readdir(folder)).sort()).toEqual(['rgb.mp4', 'rgb.vtt']);
  });

  test('vtt, srt, json and jsonl in one run', async () => {
    const { shared, read, caption, folder } = await bench('formats');
    const { code } = await caption(`${shared}/rgb.mp4`, '-f', 'vtt,srt,json,jsonl', '-o', 'out');
    expect(code).toBe(0);
    expect(await readdir(path.join(folder, 'out'))).toEqual(['rgb.json', 'rgb.jsonl', 'rgb.srt', 'rgb.vtt']);
    expect(await read('out/rgb.vtt')).toBe(VTT);
    expect(await read('out/rgb.srt')).toBe(
      [
        '1\n00:00:00,000 --> 00:00:02,000\nA bright red picture\n',
        '2\n00:00:02,000 --> 00:00:04,000\nA bright green picture\n',
        '3\n00:00:04,000 --> 00:00:06,000\nA bright blue picture\n',
      ].join('\n'),
    );
    const line = (index: number, colour: string) => ({
      video: 'rgb.mp4',
      index,
      time: 2 * index,
      draft: `A ${colour} picture`,
      text: `A bright ${colour} picture`,
      confidence: expect.closeTo(0.997, 2),
      passes: 2,
      model: 'tiny@1',
    });
    const lines = jsonLines(await read('out/rgb.jsonl'));
    expect(lines).toEqual([line(0, 'red'), line(1, 'green'), line(2, 'blue')]);
    expect(Object.keys(lines[0] ?? {})).toEqual(Object.keys(line(0, 'red')));

    const { source, options, model, keyframes, cues } = JSON.parse(await read('out/rgb.json'));
    expect(source).toMatchObject({ name: 'rgb.mp4', start: 0, duration: 6, codec: 'mpeg4', width: 64, height: 48 });
    expect(options).toEqual({ frames: 'auto', from: null, to: null, passes: 2, minConfidence: 0 });
    expect(model).toEqual({ name: 'tiny', version: '1', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(keyframes.map(({ pts, text }: { pts: number; text: string }) => [pts, text])).toEqual([
      [0, 'A bright red picture'],
      [2, 'A bright green picture'],
      [4, 'A bright blue picture'],
    ]);
    expect(cues[1]).toEqual({ start: 2, end: 4, text: 'A bright green picture', from: [1] });
  });

  test('-o - is the track and nothing else', async () => {
    const { shared, caption, folder } = await bench('stdout');
    expect(await caption(`${shared}/rgb.mp4`, '-o', '-')).toMatchObject({ code: 0, stdout: VTT });
    expect(await readdir(folder)).toEqual([]);
  });
});

test('--from and --to cut out a part, in track time', async () => {
  const { shared, caption } = await bench('range');
  const range = async (to: string) =>
    cuesOf((await caption(`${shared}/rgb.mp4`, '--from', '0:01', '--to', to, '-o', '-')).stdout);
  expect(await range('3.2s')).toEqual([
    '00:00:01.000 --> 00:00:02.000 A bright red picture',
    '00:00:02.000 --> 00:00:03.200 A bright green picture',
  ]);
  // 22 characters need 1.1 s at 20 a second: a text that has less before the range ends is shortened, and no cue goes on behind it.
  expect(await range('3s')).toEqual([
    '00:00:01.000 --> 00:00:02.000 A bright red picture',
    '00:00:02.000 --> 00:00:03.000 A picture',
  ]);
});

test('a picture that shows nothing gets no caption: a gap in tracks, nothingVisible in JSON, a word in the summary', async () => {
  const { shared, at, folder, env, read } = await bench('nothing');
  await buildTinyBundle(at('sees'), { generation: { captionsFlat: false } });
  // From the third second on there is nothing but black.
  const box = "drawbox=x=20:y=20:w=6:h=6:t=fill:color=gray,drawbox=w=64:h=48:t=fill:color=black:enable='gte(t,2)'";
  await ffmpeg('-i', `${shared}/rgb.mp4`, '-vf', box, '-c:v', 'mpeg4', '-q:v', '3', at('a.mp4'));
  const args = ['caption', 'a.mp4', '--frames', 'every:1s', '-f', 'vtt,json', '-o', '.', '--model', './sees'];
  const { code, stderr } = await run([...args, '--workers', '1'], { cwd: folder, env });
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^a\.mp4: 6 keyframes, 1 cue \(left out: 4 with nothing visible\) in /),
  });
  expect(cuesOf(await read('a.vtt'))).toEqual(['00:00:00.000 --> 00:00:02.000 A bright red picture']);
  const { keyframes } = JSON.parse(await read('a.json'));
  expect(keyframes[2]).toMatchObject({
    time: 2,
    text: '',
    confidence: 0,
    nothingVisible: true,
    leftOut: 'nothing-visible',
  });
  expect(keyframes[1]).not.toHaveProperty('nothingVisible');
});

describe.concurrent("times are the source's", () => {
  test('a start offset is the zero of the track, and stands in the JSON', async () => {
    const { shared, at, caption } = await bench('offset');
    await ffmpeg('-i', `${shared}/rgb.mp4`, '-c:v', 'mpeg2video', '-output_ts_offset', '1000', at('late.ts'));
    const { stdout } = await caption('late.ts', '-f', 'json', '-o', '-');
    const { source, keyframes, cues } = JSON.parse(stdout);
    expect(source.start).toBeGreaterThan(999);
    expect(keyframes[1].pts - source.start).toBeCloseTo(2, 5);
    expect(keyframes.map(({ time }: { time: number }) => time)).toEqual([0, 2, 4]);
    expect(cues[2]).toMatchObject({ start: 4, text: 'A bright blue picture' });
  });

  test('variable frame rate', async () => {
    const { shared, at, caption } = await bench('vfr');
    // The green part is slowed down to a fifth: 2 frames a second between two parts of 10.
    const slow = "setpts='if(lt(T,2),PTS,if(lt(T,4),2/TB+(PTS-2/TB)*5,PTS+8/TB))'";
    await ffmpeg(
      '-i',
      `${shared}/rgb.mp4`,
      '-vf',
      slow,
      '-fps_mode',
      'passthrough',
      '-c:v',
      'mpeg4',
      '-enc_time_base',
      '1:1000',
      at('vfr.mkv'),
    );
    const { stdout } = await caption('vfr.mkv', '-o', '-');
    expect(cuesOf(stdout).map((cue) => cue.replace(/^(.*) --> \S+ A bright/, '$1'))).toEqual([
      '00:00:00.000 red picture',
      '00:00:02.000 green picture',
      '00:00:12.000 blue picture',
    ]);
  });
});

test('nothing is left outside: no temporary files, no caches, no reports of onnxruntime to its maker', async () => {
  const { shared, at, caption, env, folder } = await bench('outside');
  await Promise.all(['tmp', 'home', 'cache'].map((name) => mkdir(at(name))));
  Object.assign(env, { TMPDIR: at('tmp'), HOME: at('home'), XDG_CACHE_HOME: at('cache') });
  // onnxruntime keeps quiet by itself where it believes to be in a test.
  Object.assign(env, { CI: '', VITEST: '', NODE_ENV: '' });
  expect(await caption(`${shared}/rgb.mp4`, '-f', 'json', '-o', '-')).toMatchObject({ code: 0 });
  expect(await readdir(folder, { recursive: true })).toEqual(['cache', 'home', 'tmp']);
});
