import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { WebVTTParser } from 'webvtt-parser';
import { type Bench, benches, jsonLines } from '../../cli/support/room.ts';
import { durable } from '../../cli/support/watching.ts';
import { ffmpeg } from '../../support/videos.ts';
import { type MadeStep, makeSubtitles, makeVideo } from '../support/made.ts';
import { ffprobe, steps, stepsFile } from './support.ts';

// Each run starts several processes: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 480_000, hookTimeout: 480_000 });

const SHELF: readonly MadeStep[] = [
  { colour: 'red', shots: [9], said: ['Here are all the boards for our shelf.', 'Count the boards.'] },
  { colour: 'green', shots: [6, 6], said: ['So, take the drill.', 'The drill makes holes & "dust".'] },
  { colour: 'blue', shots: [8], said: ['Put glue into every hole.', 'Wipe the glue off.'] },
];
/** Where the steps begin, and what is seen in them. */
const TRUTH = {
  starts: [0, 9, 21],
  end: 29,
  seen: ['red', 'green', 'blue'].map((colour) => `A bright ${colour} picture`),
};
const CHAPTERS = `;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=9000
title=Boards
[CHAPTER]
TIMEBASE=1/1000
START=9000
END=15000
title=Chapter 2
[CHAPTER]
TIMEBASE=1/1000
START=15000
END=29000
title=Glue
`;

const bench = benches(async (shared) => {
  const at = (name: string): string => path.join(shared, name);
  await makeVideo(at('shelf.mp4'), SHELF);
  await makeSubtitles(at('shelf.srt'), SHELF);
  const copy = ['-map', '0:v', '-c', 'copy'];
  // The clock of this one starts at 100 s.
  await ffmpeg(
    '-i',
    at('shelf.mp4'),
    '-i',
    at('shelf.srt'),
    '-map',
    '0:v',
    '-map',
    '1',
    '-c:v',
    'copy',
    '-output_ts_offset',
    '100',
    at('inside.mkv'),
  );
  await writeFile(at('chapters.txt'), CHAPTERS);
  await ffmpeg('-i', at('shelf.mp4'), '-i', at('chapters.txt'), ...copy, '-map_chapters', '1', at('parts.mp4'));
});

/** A bench with one of the videos in it. */
async function room(name: string, ...files: string[]): Promise<Bench> {
  const place = await bench(name);
  for (const file of files) await copyFile(path.join(place.shared, file), place.at(file));
  return place;
}

async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  const bytes = await Promise.all(files.map((file) => readFile(file, 'base64')));
  return Object.fromEntries(files.map((file, at) => [path.relative(folder, file), bytes[at] ?? '']));
}

describe('a guide', () => {
  test('of a video with subtitles beside it: four files and a picture for each step', async () => {
    const place = await room('beside', 'shelf.mp4', 'shelf.srt');
    const { code, stdout, stderr } = await steps(place, 'shelf.mp4', '-o', 'guide');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(
      /^shelf\.mp4: words from shelf\.srt\n(?:shelf\.mp4: .*\n)*chapters\.txt: YouTube shows no chapters where one is shorter than 10 s, .*\nshelf\.mp4: 3 steps from \d+ keyframes in \d+\.\d s, \d+\.\d times real time -> .*\/guide\n$/,
    );

    const guide = await stepsFile(place);
    expect(guide).toMatchObject({
      title: 'Shelf',
      source: { video: '../shelf.mp4', duration: TRUTH.end },
      words: { subtitles: 'shelf.srt', chapters: 0 },
    });
    for (const [at, step] of guide.steps.entries()) {
      expect(Math.abs(step.start - (TRUTH.starts[at] ?? -9))).toBeLessThanOrEqual(0.5);
      expect(step.end).toBe(guide.steps[at + 1]?.start ?? TRUTH.end);
      expect(step.captions.map(({ text }) => text)).toEqual([TRUTH.seen[at]]);
      expect(step.text).toBe(SHELF[at]?.said?.join(' '));
      expect(step.picture?.time).toBeGreaterThanOrEqual(step.start);
      expect(step.picture?.time).toBeLessThan(step.end);
      const picture = sharp(place.at('guide', step.picture?.file ?? ''));
      expect(await picture.metadata()).toMatchObject({ format: 'jpeg', width: 160, height: 96 });
      const { dominant } = await picture.stats();
      const channel = (['r', 'g', 'b'] as const)[at] ?? 'r';
      expect(dominant[channel]).toBeGreaterThan(200);
    }
    expect(guide.steps.map(({ title }) => title)).toEqual([
      'Here are all the boards for our shelf',
      'Take the drill',
      'Put glue into every hole',
    ]);

    const page = await place.read('guide/guide.html');
    expect(page.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(3);
    expect(page).toContain(`<a href="../shelf.mp4#t=${guide.steps[1]?.start}">▶ 0:09</a>`);
    expect(page).toContain('The drill makes holes &#38; &#34;dust&#34;.');
    const notes = await place.read('guide/guide.md');
    expect(notes.match(/^## .*/gm)).toEqual(guide.steps.map(({ title }, at) => `## ${at + 1}. ${title}`));
    for (const { picture } of guide.steps) expect(notes).toContain(`(${picture?.file})`);
    const { errors, cues } = new WebVTTParser({}).parse(await place.read('guide/chapters.vtt'), 'metadata');
    expect(errors).toEqual([]);
    expect(cues.map(({ startTime, endTime }) => [startTime, endTime])).toEqual(
      guide.steps.map(({ start, end }) => [start, end]),
    );
    const chapters = await place.read('guide/chapters.txt');
    expect(chapters.split('\n')[0]).toBe('0:00 Here are all the boards for our shelf');
    expect(Object.keys(await contents(place.at('guide')))).toHaveLength(8);
  });

  test('of a video with a stream of text, whose clock starts late', async () => {
    const place = await room('inside', 'inside.mkv');
    expect(await steps(place, 'inside.mkv', '-o', 'guide')).toMatchObject({ code: 0 });
    const guide = await stepsFile(place);
    expect(guide.words).toEqual({ subtitles: 'stream 1', chapters: 0 });
    expect(guide.steps.map(({ start }) => Math.round(start))).toEqual(TRUTH.starts);
    expect(guide.steps.map(({ text }) => text)).toEqual(SHELF.map(({ said }) => said?.join(' ')));
  });

  test('of a video with chapters: they are its steps, and name them where they have names', async () => {
    const place = await room('parts', 'parts.mp4');
    expect(await steps(place, 'parts.mp4', '-o', 'guide', '--passes', '1')).toMatchObject({ code: 0 });
    const guide = await stepsFile(place);
    expect(guide.words).toEqual({ subtitles: null, chapters: 3 });
    expect(guide.steps.map(({ start, end, title }) => [start, end, title])).toEqual([
      [0, 9, 'Boards'],
      [9, 15, 'A green picture'],
      [15, 29, 'Glue'],
    ]);
    expect(guide.steps[2]?.captions.map(({ text }) => text)).toEqual(['A green picture', 'A blue picture']);
  });

  test('of a video of which nothing is said; beside it by default; tracks of ours are no subtitles', async () => {
    const place = await room('silent', 'shelf.mp4');
    expect(await place.caption('shelf.mp4', '-f', 'vtt,srt')).toMatchObject({ code: 0 });
    await writeFile(place.at('shelf.de.vtt'), 'Hallo');
    const { code, stderr } = await steps(place, 'shelf.mp4');
    expect(code).toBe(0);
    expect(stderr).toContain('shelf.de.vtt was not used: ');
    const guide = await stepsFile(place, 'shelf-guide/steps.json');
    expect(guide.words.subtitles).toBe(null);
    expect(guide.steps.map(({ title }) => title)).toEqual(TRUTH.seen);
    expect(guide.steps.every(({ text }) => text === '')).toBe(true);
  });

  test('the same again: the same bytes; up to date; other lengths', async () => {
    const place = await room('again', 'shelf.mp4', 'shelf.srt');
    expect(await steps(place, 'shelf.mp4', '-o', 'guide', '--workers', '1')).toMatchObject({ code: 0 });
    expect(await steps(place, 'shelf.mp4', '-o', 'other', '--workers', '2')).toMatchObject({ code: 0 });
    const first = await contents(place.at('guide'));
    expect(await contents(place.at('other'))).toEqual(first);

    const skipped = await steps(place, 'shelf.mp4', '-o', 'guide', '--json');
    expect(jsonLines(skipped.stdout)[0]).toMatchObject({ event: 'end', video: 'shelf.mp4', state: 'skipped' });
    const [picture = ''] = Object.keys(first).filter((name) => name.startsWith('pictures'));
    await rm(place.at('guide', picture));
    expect((await steps(place, 'shelf.mp4', '-o', 'guide')).stderr).toContain('3 steps from');
    expect(await contents(place.at('guide'))).toEqual(first);

    // One step: its picture stays, those of the others go.
    const titled = await steps(place, 'shelf.mp4', '-o', 'titled', '--title', 'How to <build>');
    expect(titled.stderr).toMatch(/3 steps from \d+ keyframes \(\d+ captions of an earlier run reused\) in /);
    expect(await place.read('titled/guide.html')).toContain('<h1>How to &#60;build&#62;</h1>');
    expect(await stepsFile(place, 'titled/steps.json')).toMatchObject({ title: 'How to <build>' });
    await writeFile(
      place.at('late.srt'),
      '1\n00:00:01,000 --> 00:00:03,000\nSaw\n\n2\n01:00:00,000 --> 01:00:01,000\nGlue\n',
    );
    const late = await steps(place, 'shelf.mp4', '-o', 'late', '--track', 'late.srt');
    expect(late.stderr).toMatch(
      /shelf\.mp4: 1 of 2 texts of late\.srt start after the end of the video at \d+:\d\d and/,
    );
    const long = await steps(place, 'shelf.mp4', '-o', 'guide', '--min-step', '20s', '--json');
    expect(jsonLines(long.stdout).find(({ event }) => event === 'end')).toMatchObject({ state: 'done', steps: 1 });
    expect(await readdir(place.at('guide', 'pictures'))).toHaveLength(1);
    expect((await stepsFile(place)).steps).toHaveLength(1);
  });

  test('of a video that is cut off: of what is there, and exit code 3', async () => {
    const place = await bench('cut-off');
    const colours = ['color=red:s=64x48:r=10:d=12[a]', 'color=blue:s=64x48:r=10:d=28[b]', '[a][b]concat[v]'].join(';');
    await ffmpeg('-filter_complex', colours, '-map', '[v]', '-c:v', 'mpeg2video', '-g', '10', place.at('torn.mkv'));
    const { size } = await stat(place.at('torn.mkv'));
    await truncate(place.at('torn.mkv'), Math.floor(size * 0.7));
    const { code, stderr } = await steps(place, 'torn.mkv', '-o', 'guide');
    expect(code).toBe(3);
    expect(stderr).toContain('"torn.mkv" is cut off');
    const guide = await stepsFile(place);
    expect(guide.steps.map(({ start }) => Math.round(start))).toEqual([0, 12]);
    expect(guide.source.duration).toBeLessThan(35);
    // What is partial is tried again.
    expect((await steps(place, 'torn.mkv', '-o', 'guide')).code).toBe(3);
  });

  test('names with everything in them', async () => {
    const place = await bench('names');
    const name = `a "b" 'c' #1 %20 [x](y) <é>.mp4`;
    await mkdir(place.at('my films'));
    await copyFile(path.join(place.shared, 'shelf.mp4'), place.at('my films', name));
    expect(await steps(place, `my films/${name}`, '-o', 'my guides/one')).toMatchObject({ code: 0 });
    const page = await place.read('my guides/one/guide.html');
    const [, address = ''] = /href="([^"#]+)#t=0"/.exec(page) ?? [];
    const found = decodeURIComponent(new URL(address, `file://${place.at('my guides/one/')}`).pathname);
    expect(found).toBe(place.at('my films', name));
    expect((await stepsFile(place, 'my guides/one/steps.json')).source.video).toBe(`../../my films/${name}`);
  });
});

describe('a copy with chapters', () => {
  test.each(['mp4', 'mov', 'mkv'])('%s: the steps as chapters, the streams untouched', async (kind) => {
    const place = await bench(`copy-${kind}`);
    const sound = ['-f', 'lavfi', '-i', 'sine=d=29', '-c:v', 'copy', '-c:a', 'aac', '-metadata', 'title=A shelf'];
    const film = await ffmpeg(
      '-i',
      path.join(place.shared, 'parts.mp4'),
      ...sound,
      '-map',
      '0:v',
      '-map',
      '1:a',
      '-map_chapters',
      '0',
      place.at(`film.${kind}`),
    );
    expect(await steps(place, `film.${kind}`, '-o', 'guide', '--embed', `with.${kind}`)).toMatchObject({ code: 0 });
    const guide = await stepsFile(place);
    const { chapters = [] } = await ffprobe(place.at(`with.${kind}`), '-show_chapters');
    expect(chapters.map(({ start_time, end_time, tags }) => [Number(start_time), Number(end_time), tags])).toEqual(
      guide.steps.map(({ start, end, title }) => [start, end, { title }]),
    );
    const hashOf = async (file: string): Promise<string> => {
      await ffmpeg('-i', file, '-map', '0:v', '-map', '0:a', '-c', 'copy', '-f', 'streamhash', `${file}.hash`);
      return readFile(`${file}.hash`, 'utf8');
    };
    expect(await hashOf(place.at(`with.${kind}`))).toBe(await hashOf(film));
    expect((await ffprobe(place.at(`with.${kind}`), '-show_format')).format).toMatchObject({
      tags: { title: 'A shelf' },
    });
    expect((await steps(place, `film.${kind}`, '-o', 'guide', '--embed', `with.${kind}`)).stderr).toContain(
      'up to date',
    );
  });

  test('not over the video, not over what is not ours, not as anything', async () => {
    const place = await room('refused', 'shelf.mp4');
    const before = await readFile(place.at('shelf.mp4'));
    expect(await steps(place, 'shelf.mp4', '-o', 'guide', '--embed', './shelf.mp4')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('would overwrite the video'),
    });
    expect(await steps(place, 'shelf.mp4', '-o', 'guide', '--embed', 'a.avi')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the copy has to be one of .mp4, .m4v, .mov, .mkv'),
    });
    await writeFile(place.at('mine.mp4'), 'mine');
    expect(await steps(place, 'shelf.mp4', '-o', 'guide', '--embed', 'mine.mp4')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force overwrites it'),
    });
    expect(await place.read('mine.mp4')).toBe('mine');
    expect(await readFile(place.at('shelf.mp4'))).toEqual(before);
    expect((await readdir(place.folder)).sort()).toEqual(['mine.mp4', 'shelf.mp4']);
  });
});

test('a place that cannot be written to is told of before anything is looked at', async () => {
  const place = await room('no-place', 'shelf.mp4');
  await writeFile(place.at('taken'), 'a file');
  for (const args of [
    ['-o', 'taken/guide'],
    ['-o', 'guide', '--embed', 'taken/with.mp4'],
  ]) {
    expect(await steps(place, 'shelf.mp4', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a file is in the way'),
    });
  }
  expect(durable(place.env.SECONDGLANCE_STATE_DIR ?? '')).toEqual([]);
});

describe('wrong usage', () => {
  test.each([
    [[], 'name a video, or a steps.json with --from'],
    [['a.mp4', '--from', 'steps.json'], 'cannot be combined'],
    [['--from', 'steps.json', '-o', 'guide'], 'leave -o out, or name a file'],
    [['a.mp4', '--min-step', '0.5s'], 'a step is at least one second long'],
    [['a.mp4', '--min-step', '1m', '--max-step', '100s'], 'at least twice'],
    [['a.mp4', '--min-step', 'soon'], '--min-step soon: not a time'],
    [['-'], 'the guide of one video'],
    [['a.mp4', 'b.mp4'], 'and 2 were given; for several: for v in'],
    [['a.mp4', '-o', 'a.pdf'], 'a.pdf/ is a folder of that name'],
    [['.', '-o', 'guide'], 'has no video or picture'],
  ])('%j', async (args, message) => {
    const place = await bench(`usage ${args.join(' ')} ${message}`);
    const { code, stderr } = await steps(place, ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(message.startsWith('has no') ? 1 : 2);
    expect(await readdir(place.folder)).toEqual([]);
  });

  test('what is no video, or not there', async () => {
    const place = await bench('no-video');
    await writeFile(place.at('text.mp4'), 'text');
    expect(await steps(place, 'text.mp4')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not a video'),
    });
    expect(await steps(place, 'gone.mp4')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist'),
    });
    expect(await readdir(place.folder)).toEqual(['text.mp4']);
  });
});
