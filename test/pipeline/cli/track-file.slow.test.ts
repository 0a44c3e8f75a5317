import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, test, vi } from 'vitest';
import { extracted, film, streamsOf } from '../../cli/support/films.ts';
import { benches } from '../../cli/support/room.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const bench = benches(async (shared) => {
  await Promise.all([
    film(path.join(shared, 'film.mp4')),
    film(path.join(shared, 'film.webm'), ['-c:v', 'libvpx', '-g', '20'], ['-c:a', 'libopus']),
  ]);
});
const SRT = '1\n00:00:00,500 --> 00:00:02,000\nMeine Arbeit\n\n2\n00:00:03,000 --> 00:00:05,000\nzwei\nZeilen\n';

describe.concurrent('--track', () => {
  test('writes the cues of an edited track in every format and into copies, and captions nothing', async () => {
    const { shared, at, read, caption, captionEach, folder } = await bench('track');
    await writeFile(at('film.de.srt'), SRT);
    const source = path.join(shared, 'film.mp4');
    const args = ['--track', 'film.de.srt', '-f', 'vtt,ttml,ass,txt,hls,json', '-o', 'out/', '--mux', 'out.mkv'];
    const { code, stderr } = await caption(source, ...args, '--kind', 'subtitles');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(': 2 cues of ') });
    expect(await read('film.de.srt')).toBe(SRT);
    expect((await readdir(folder)).sort()).toEqual(['film.de.srt', 'out', 'out.mkv']);
    expect((await readdir(at('out'))).map((name) => name.replace(/\w{8}\.hls$/, '*.hls')).sort()).toEqual(
      ['film-*.hls', 'film.de.ass', 'film.de.ttml', 'film.de.vtt', 'film.json', 'film.m3u8', 'film.txt'].sort(),
    );
    expect(await read('out/film.de.vtt')).toMatch(
      /^WEBVTT\n\nNOTE Converted by secondglance \S+, from film\.de\.srt\n\n1\n00:00:00\.500 --> 00:00:02\.000\nMeine Arbeit\n/,
    );
    const { model, cues, keyframes, options } = JSON.parse(await read('out/film.json'));
    expect({ model, cues: cues.length, keyframes, options }).toEqual({
      model: null,
      cues: 2,
      keyframes: [],
      options: { track: 'film.de.srt', kind: 'subtitles', language: 'de' },
    });
    expect((await streamsOf(at('out.mkv'))).at(-1)).toMatchObject({
      codec_name: 'subrip',
      tags: { language: 'ger', title: 'Subtitles' },
      disposition: { default: 0 },
    });
    expect((await extracted(at('out.mkv'))).replace(/.*-->.*\n/g, '')).toBe(SRT.replace(/.*-->.*\n/g, '').trimEnd());
    // Nothing has changed, then the track has.
    expect((await caption(source, ...args, '--kind', 'subtitles')).stderr).toContain('up to date');
    await writeFile(at('film.de.srt'), SRT.replace('Meine', 'Deine'));
    const again = [source, ...args, '--kind', 'subtitles'];
    const runs = await captionEach([source, '--track', 'film.de.srt', '--burn', 'drawn.mp4'], again);
    expect(runs).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(await extracted(at('out.mkv'))).toContain('Deine Arbeit');
  });

  test('in any encoding; cues that cannot be read are said', async () => {
    const { shared, at, read, caption } = await bench('encoding');
    const text = `${SRT.replace('Meine Arbeit', 'Вскипятите чашку воды.')}\n3\n-00:00:05,000 --> 00:00:06,000\nlost\n`;
    await writeFile(at('old.srt'), iconv.encode(text, 'windows-1251'));
    const source = path.join(shared, 'film.mp4');
    const { code, stderr } = await caption(source, '--track', 'old.srt', '-o', 'new.vtt');
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/1 cue of old\.srt could not be read[\s\S]*read as windows-1251/),
    });
    expect(await read('new.vtt')).toContain('Вскипятите чашку воды.');
  });

  test('styling goes where the format can hold it; what cannot be kept, and cues that nobody will see, are said', async () => {
    const { shared, at, read, caption } = await bench('styling');
    await writeFile(
      at('look.vtt'),
      `WEBVTT

STYLE
::cue(b) { color: red }

00:00.500 --> 00:02.000 line:0 align:start
<v Ann>One <i>&lt;two&gt;</i></v>

00:02.500 --> 00:02.600
<i></i>

01:00.000 --> 01:02.000
<c.yellow>too late</c>
`,
    );
    const source = path.join(shared, 'film.mp4');
    const run = ['--track', 'look.vtt', '--kind', 'subtitles'];
    const { code, stderr } = await caption(source, ...run, '-f', 'vtt,srt', '-o', 'out/', '--mux', 'look.mkv');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /look\.vtt: 1 cue without text left out\n.*look\.vtt: 1 cue starts after the end of the video at 00:00:0\d\.\d+ \(cue at 00:01:00\.000\)/,
      ),
    });
    for (const name of ['film.srt', 'look.mkv']) {
      expect(stderr).toContain(
        `${name}: cannot hold all styling of look.vtt; left out: names of speakers (1 cue), STYLE blocks`,
      );
    }
    expect(stderr).not.toContain('film.vtt: cannot');
    expect(await read('out/film.vtt')).toMatch(
      /STYLE\n::cue\(b\) \{ color: red \}\n\n1\n\S+ --> \S+ line:0 align:start\n<v Ann>One <i>&lt;two&gt;<\/i><\/v>\n/,
    );
    expect(await read('out/film.srt')).toContain('{\\an7}One <i>‹two›</i>');
    expect(await extracted(at('look.mkv'))).toMatch(/\{\\an7\}One <i>‹two›<\/i>/);
    const webm = await caption(path.join(shared, 'film.webm'), ...run, '--mux', 'look.webm', '--json');
    const end = webm.stdout.split('\n').find((line) => line.includes('"event":"end"'));
    expect(JSON.parse(end ?? '').notes).toContain(
      'look.webm: cannot hold all styling of look.vtt; left out: STYLE blocks',
    );
    expect(await extracted(at('look.webm'), 's:0', ['-c', 'copy', '-f', 'webvtt'])).toMatch(
      / line:0 align:start\n<v Ann>One <i>&lt;two&gt;<\/i><\/v>/,
    );
  });

  test('usage', async () => {
    const { shared, at, captionEach } = await bench('usage');
    await writeFile(at('film.srt'), SRT);
    const source = path.join(shared, 'film.mp4');
    const refusals: [string[], number, string][] = [
      [[source, '--track', 'film.srt'], 2, '--track needs an output'],
      [[source, '--track', 'film.srt', '-o', 'film.srt'], 2, 'is the track itself'],
      [[source, '--track', 'film.srt', '-o', 'all.jsonl'], 2, 'jsonl has one line per keyframe'],
      [[source, '--track', 'film.srt', '-f', 'vtt', '--queue'], 2, 'leave --queue out'],
      [
        [source, '--track', 'film.srt', '-f', 'vtt', '--profile', 'bbc'],
        2,
        '--profile shapes captions, and the cues of --track stay as they are: leave it out, or fit a copy of the file first: secondglance check film.srt --fix --profile bbc',
      ],
      [[source, '--track', 'film.srt', '-f', 'vtt', '--min-confidence', '0.5'], 2, '--min-confidence shapes captions'],
      [[source, '--track', 'none.srt', '-f', 'vtt'], 1, '"none.srt" does not exist'],
      [[source, '--track', source, '-f', 'vtt'], 1, 'is not a WebVTT or SubRip track'],
    ];
    const ended = await captionEach(...refusals.map(([args]) => args));
    expect(ended).toMatchObject(
      refusals.map(([, code, message]) => ({ code, stderr: expect.stringContaining(message) })),
    );
  });
});

test('an edit: the refusal says what uses it, and --force keeps it', async () => {
  const { shared, at, read, caption, folder } = await bench('edit');
  const source = path.join(shared, 'film.mp4');
  expect(await caption(source, '-o', 'film.vtt')).toMatchObject({ code: 0 });
  const edited = (await read('film.vtt')).replace(/A bright/g, 'My');
  await writeFile(at('film.vtt'), edited);
  const refused = await caption(source, '-o', 'film.vtt');
  expect(refused.stderr).toMatch(/--track \S*film\.vtt uses it for --mux, --burn, other formats and steps/);
  for (const backup of ['film.vtt.bak', 'film.vtt.bak2']) {
    const { code, stderr } = await caption(source, '-o', 'film.vtt', '--force');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`film.vtt: what was there before is kept as ${backup}`),
    });
    expect(await readFile(at(backup), 'utf8')).toBe(edited);
    await writeFile(at('film.vtt'), edited);
  }
  expect((await readdir(folder)).sort()).toEqual(['film.vtt', 'film.vtt.bak', 'film.vtt.bak2']);
});
