import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { extracted, film, packetTimes, streamHashes, streamsOf } from '../../cli/support/films.ts';
import { benches, colourPicture } from '../../cli/support/room.ts';
import { ffmpeg } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const OLD = '1\n00:00:01,000 --> 00:00:02,000\nHello\n';

const bench = benches(async (shared) => {
  await Promise.all([
    film(path.join(shared, 'film.mp4')),
    film(path.join(shared, 'film.webm'), ['-c:v', 'libvpx', '-g', '20', '-b:v', '200k'], ['-c:a', 'libopus']),
    film(path.join(shared, 'old.avi'), ['-c:v', 'mpeg4'], ['-c:a', 'mp2']),
    colourPicture(path.join(shared, 'white.png'), 'white'),
  ]);
  await writeFile(path.join(shared, 'old.srt'), OLD);
  await writeFile(path.join(shared, 'font.ttf'), 'not really a font');
  const subtitled = ['-i', path.join(shared, 'film.mp4'), '-i', path.join(shared, 'old.srt'), '-map', '0', '-map', '1'];
  const font = ['-attach', path.join(shared, 'font.ttf'), '-metadata:s:t', 'mimetype=application/x-truetype-font'];
  await ffmpeg(...subtitled, ...font, '-c', 'copy', '-metadata:s:s', 'language=eng', path.join(shared, 'film.mkv'));
});

describe.concurrent('the track goes in beside streams that stay as they were', () => {
  test('MP4: mov_text, its language, and its kind', async () => {
    const { shared, at, read, caption, folder } = await bench('mp4');
    await copyFile(path.join(shared, 'film.mp4'), at('film.mp4'));
    const { code, stderr } = await caption('film.mp4', '-f', 'srt', '--mux', 'out.mp4', '--language', 'en-GB');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/ -> \S+film\.en-GB\.srt, \S+out\.mp4\n$/),
    });
    expect((await readdir(folder)).sort()).toEqual(['film.en-GB.srt', 'film.mp4', 'out.mp4']);
    const [video, sound, track, ...more] = await streamsOf(at('out.mp4'));
    expect([video?.codec_name, sound?.codec_name, more]).toEqual(['h264', 'aac', []]);
    expect(track).toMatchObject({
      codec_name: 'mov_text',
      tags: { language: 'eng', handler_name: 'Descriptions' },
      disposition: { visual_impaired: 1, descriptions: 1, hearing_impaired: 0 },
    });
    expect(await streamHashes(at('out.mp4'), 'v', 'a')).toEqual(await streamHashes(at('film.mp4'), 'v', 'a'));
    expect(await extracted(at('out.mp4'))).toBe((await read('film.en-GB.srt')).trimEnd());
  });

  test('Matroska: after the subtitles that are there, attachments kept', async () => {
    const { shared, at, read, caption } = await bench('mkv');
    const args = ['--mux', 'out.mkv', '--kind', 'captions', '-f', 'srt', '-o', 'film.srt'];
    expect(await caption(path.join(shared, 'film.mkv'), ...args)).toMatchObject({ code: 0 });
    const streams = await streamsOf(at('out.mkv'));
    const kinds = streams.map(({ codec_type }) => codec_type).sort();
    expect(kinds).toEqual(['attachment', 'audio', 'subtitle', 'subtitle', 'video']);
    const subtitles = streams.filter(({ codec_type }) => codec_type === 'subtitle');
    expect(subtitles.map(({ tags }) => [tags?.language, tags?.title])).toEqual([
      ['eng', undefined],
      ['eng', 'Captions'],
    ]);
    expect(subtitles[1]?.disposition).toMatchObject({ hearing_impaired: 1, descriptions: 0 });
    const kept = ['v', 'a', 's:0'];
    expect(await streamHashes(at('out.mkv'), ...kept)).toEqual(
      await streamHashes(path.join(shared, 'film.mkv'), ...kept),
    );
    expect(await extracted(at('out.mkv'), 's:1')).toBe((await read('film.srt')).trimEnd());
  });

  test('WebM: the kind is in the name of the codec', async () => {
    const { shared, at, read, captionEach } = await bench('webm');
    const kinds = ['descriptions', 'subtitles', 'captions'];
    const argsOf = (kind: string) => ['--mux', `${kind}.webm`, '--kind', kind, '-f', 'srt', '-o', `${kind}.srt`];
    const runs = await captionEach(...kinds.map((kind) => [path.join(shared, 'film.webm'), ...argsOf(kind)]));
    expect(runs).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }]);
    for (const kind of kinds) {
      const [, , track] = await streamsOf(at(`${kind}.webm`));
      expect(track).toMatchObject({ codec_name: 'webvtt', tags: { language: 'eng' } });
      expect((await readFile(at(`${kind}.webm`))).includes(`D_WEBVTT/${kind.toUpperCase()}`)).toBe(true);
      expect(await streamHashes(at(`${kind}.webm`), 'v', 'a')).toEqual(
        await streamHashes(path.join(shared, 'film.webm'), 'v', 'a'),
      );
      const lines = (text: string) => text.split('\n').filter((line) => !line.includes('-->'));
      expect(lines(await extracted(at(`${kind}.webm`)))).toEqual(lines((await read(`${kind}.srt`)).trimEnd()));
      // Matroska takes no time below zero, so ffmpeg puts all streams off by the sound's lead: they stay together.
      const [first = 0] = await packetTimes(at(`${kind}.webm`), 'v:0');
      const cues = await packetTimes(at(`${kind}.webm`), 's:0');
      expect(cues.map((time) => Math.round(10 * (time - first)) / 10)).toEqual([0, 2, 4]);
    }
  });

  test('a start offset: the track keeps its distance to the pictures', async () => {
    const { shared, at, caption } = await bench('offset');
    await ffmpeg('-i', path.join(shared, 'film.mp4'), '-c', 'copy', '-output_ts_offset', '1000', at('late.ts'));
    expect(await caption('late.ts', '--mux', 'out.mkv')).toMatchObject({ code: 0 });
    // The second cue is of the first green picture, which comes two seconds after the first red one.
    const [first = 0] = await packetTimes(at('out.mkv'), 'v:0');
    const [, second = 0] = await packetTimes(at('out.mkv'), 's:0');
    expect(second - first).toBeCloseTo(2, 1);
  });
});

describe.concurrent('what stands there', () => {
  test('is left alone where it is current or not ours, and left whole where the copy is refused', async () => {
    const { shared, at, read, captionEach, folder } = await bench('standing');
    await copyFile(path.join(shared, 'film.mp4'), at('film.mp4'));
    await writeFile(at('mine.mkv'), 'a film of mine');
    const names = ['out.mp4', 'out.mp4', 'mine.mkv', 'wrong.webm'];
    const [first, again, refused, wrong] = await captionEach(...names.map((name) => ['film.mp4', '--mux', name]));
    expect(first).toMatchObject({ code: 0 });
    expect(again?.stderr).toContain('up to date');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('was not written by secondglance') });
    expect(await read('mine.mkv')).toBe('a film of mine');
    expect(wrong?.code).toBe(1);
    expect(wrong?.stderr.trimEnd()).toMatch(
      /^--mux: WebM cannot hold the video \(h264\) and the sound \(aac\) of "film\.mp4": use a name that ends in \.mp4 or \.mkv, or --burn/,
    );
    expect((await readdir(folder)).sort()).toEqual(['film.mp4', 'film.vtt', 'mine.mkv', 'out.mp4']);
  });

  test('usage: one video, a name that says what it is, and no input in its place', async () => {
    const { shared, captionEach, at } = await bench('usage');
    await copyFile(path.join(shared, 'film.mp4'), at('film.mp4'));
    const refusals: [string[], string][] = [
      [['film.mp4', '--mux', 'out.avi'], '--mux out.avi: give it a name that ends in .mp4, .m4v, .mkv, .webm'],
      [['film.mp4', '--mux', 'film.mp4'], 'would overwrite the input film.mp4'],
      [['film.mp4', '--mux', 'a.mp4', '--burn', 'a.mp4'], 'would be written twice'],
      [['film.mp4', path.join(shared, 'old.avi'), '--mux', 'a.mp4'], '--mux takes one input'],
      [[path.join(shared, 'white.png'), '--mux', 'a.mp4'], 'is a picture'],
      [['film.mp4', '--mux', 'a.mp4', '--queue'], 'leave --queue out'],
    ];
    const ended = await captionEach(...refusals.map(([args]) => args));
    expect(ended).toMatchObject(refusals.map(([, message]) => ({ code: 2, stderr: expect.stringContaining(message) })));
    expect(await readdir(at())).toEqual(['film.mp4']);
  });
});
