import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { type Bench, benches } from '../../cli/support/room.ts';
import { type MadeStep, makeVideo } from '../support/made.ts';
import { ffprobe, type StepsFile, steps, stepsFile } from './support.ts';

vi.setConfig({ testTimeout: 480_000, hookTimeout: 480_000 });

const SHELF: readonly MadeStep[] = [
  { colour: 'red', shots: [8] },
  { colour: 'green', shots: [8] },
  { colour: 'blue', shots: [8] },
];

const bench = benches(async (shared) => {
  await makeVideo(path.join(shared, 'shelf.mp4'), SHELF);
});

/** A guide that was just made of a video of three steps: red, green, blue. */
async function guide(name: string): Promise<Bench> {
  const place = await bench(name);
  await copyFile(path.join(place.shared, 'shelf.mp4'), place.at('shelf.mp4'));
  expect(await steps(place, 'shelf.mp4', '-o', 'guide')).toMatchObject({ code: 0 });
  return place;
}

async function edit(place: Bench, change: (document: StepsFile) => void): Promise<void> {
  const document = await stepsFile(place);
  change(document);
  await writeFile(place.at('guide/steps.json'), JSON.stringify(document));
}

/** Which channel a picture has most of. */
async function colourOf(file: string): Promise<string> {
  const { dominant } = await sharp(file).stats();
  return Object.entries(dominant).sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

describe('after an edit of steps.json', () => {
  test('the guide says what the person wrote, and shows pictures of the new times', async () => {
    const place = await guide('edited');
    await edit(place, ({ steps: list }) => {
      const [first, second, third] = list;
      if (first === undefined || second === undefined || third === undefined)
        throw new Error('there are no three steps');
      first.title = 'Count <the> boards';
      // Green is now part of the first step; the second step is blue, and a new third ends it.
      first.end = 17;
      Object.assign(second, { start: 17, end: 20, title: 'Glue', text: 'Not too much.' });
      list.splice(2, 1, { start: 21, end: 24, title: 'Done', text: '', captions: [] });
    });
    const written = await place.read('guide/steps.json');
    const { code, stderr } = await steps(place, '--from', 'guide/steps.json', '--embed', 'with.mp4');
    expect(stderr).toMatch(
      /^chapters\.txt: YouTube shows no chapters .*\nshelf\.mp4: 3 steps -> .*\/guide, .*\/with\.mp4\n$/,
    );
    expect(code).toBe(0);
    expect(await place.read('guide/steps.json')).toBe(written);

    const page = await place.read('guide/guide.html');
    expect(page).toContain('Count &#60;the&#62; boards');
    expect(page).toContain('<p>Not too much.</p>');
    expect(page).toContain('shelf.mp4#t=21"');
    const pictures = [...page.matchAll(/src="data:image\/jpeg;base64,([^"]+)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64'),
    );
    const colours: string[] = [];
    for (const [at, bytes] of pictures.entries()) {
      await writeFile(place.at(`${at}.jpg`), bytes);
      colours.push(await colourOf(place.at(`${at}.jpg`)));
    }
    expect(colours).toEqual(['r', 'b', 'b']);
    expect((await place.read('guide/guide.md')).match(/^## .*/gm)).toEqual([
      '## 1. Count \\<the\\> boards',
      '## 2. Glue',
      '## 3. Done',
    ]);
    expect((await place.read('guide/chapters.vtt')).match(/.*-->.*/g)).toEqual([
      '00:00:00.000 --> 00:00:17.000',
      '00:00:17.000 --> 00:00:20.000',
      '00:00:21.000 --> 00:00:24.000',
    ]);
    const { chapters = [] } = await ffprobe(place.at('with.mp4'), '-show_chapters');
    expect(chapters.map(({ tags }) => tags)).toEqual([
      { title: 'Count <the> boards' },
      { title: 'Glue' },
      { title: 'Done' },
    ]);

    // Once more, with nothing changed, gives the same.
    const before = await stat(place.at('guide/guide.html'));
    expect(await steps(place, '--from', 'guide/steps.json')).toMatchObject({ code: 0 });
    expect((await stat(place.at('guide/guide.html'))).size).toBe(before.size);
    expect(await place.read('guide/guide.html')).toBe(page);
  });

  test('the video does not overwrite it, and --force does', async () => {
    const place = await guide('kept');
    await edit(place, ({ steps: list }) => Object.assign(list[0] ?? {}, { title: 'Mine' }));
    const edited = await place.read('guide/steps.json');
    const refused = await steps(place, 'shelf.mp4', '-o', 'guide', '--min-step', '6s');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'guide/steps.json already exists and was not written by secondglance (or was edited since)',
    );
    expect(refused.stderr).toMatch(/secondglance steps --from \S+\/guide\/steps\.json builds the guide from it/);
    expect(await place.read('guide/steps.json')).toBe(edited);
    expect(await steps(place, 'shelf.mp4', '-o', 'guide', '--force')).toMatchObject({ code: 0 });
    expect(await place.read('guide/steps.json')).not.toContain('Mine');
  });

  test('a page that was edited itself stays as well', async () => {
    const place = await guide('page');
    const page = await place.read('guide/guide.md');
    await writeFile(place.at('guide/guide.md'), `${page}\nMine.\n`);
    for (const args of [
      ['shelf.mp4', '-o', 'guide', '--min-step', '6s'],
      ['--from', 'guide/steps.json'],
    ]) {
      const { code, stderr } = await steps(place, ...args);
      expect(stderr).toContain(
        'guide/guide.md already exists and was not written by secondglance (or was edited since): --force overwrites it',
      );
      expect(code).toBe(1);
    }
    expect(await place.read('guide/guide.md')).toBe(`${page}\nMine.\n`);
    expect(await steps(place, '--from', 'guide/steps.json', '--force')).toMatchObject({ code: 0 });
    expect(await place.read('guide/guide.md')).toBe(page);
  });

  test("a person's own picture stays, whatever its time", async () => {
    const place = await guide('picture');
    const own = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'orange' } })
      .png()
      .toBuffer();
    await writeFile(place.at('guide/mine.png'), own);
    await edit(place, ({ steps: list }) => Object.assign(list[1] ?? {}, { picture: { file: 'mine.png', time: 0 } }));
    const replaced = (await stepsFile(place)).steps[2]?.picture?.file ?? '';
    await writeFile(place.at('guide', replaced), own);
    expect(await steps(place, '--from', 'guide/steps.json')).toMatchObject({ code: 0 });
    const page = await place.read('guide/guide.html');
    expect(page.split(`data:image/png;base64,${own.toString('base64')}`)).toHaveLength(3);
    // From the video again, as far as that goes without --force: the picture that was replaced stays.
    expect(await steps(place, 'shelf.mp4', '-o', 'guide', '--force')).toMatchObject({ code: 0 });
    expect(await readFile(place.at('guide', replaced))).not.toEqual(own);
  });

  test('the video may be gone: titles change, pictures stay', async () => {
    const place = await guide('gone');
    await rename(place.at('shelf.mp4'), place.at('elsewhere.mp4'));
    await edit(place, ({ steps: list }) => {
      Object.assign(list[0] ?? {}, { title: 'Mine', start: (list[0]?.picture?.time ?? 0) + 0.1 });
    });
    const { code, stderr } = await steps(place, '--from', 'guide/steps.json');
    expect(code).toBe(0);
    expect(stderr).toContain('step 1 keeps its earlier picture, if any: ');
    expect(stderr).toContain('shelf.mp4" does not exist');
    expect((await place.read('guide/guide.html')).match(/<img /g)).toHaveLength(3);
    expect(await steps(place, '--from', 'guide/steps.json', '--embed', 'x.mp4')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist'),
    });
  });

  test('a guide that was moved is rebuilt where it is now', async () => {
    const place = await guide('moved');
    await edit(place, ({ steps: list }) => Object.assign(list[0] ?? {}, { title: 'Paint it red' }));
    await rename(place.at('guide'), place.at('published'));
    expect(await steps(place, '--from', 'published')).toMatchObject({ code: 0 });
    expect(await place.read('published/guide.md')).toContain('## 1. Paint it red');
  });

  test('steps behind the end of a video that was cut since are an error; another length is said', async () => {
    const place = await guide('cut');
    const shorten = (name: string, seconds: number) =>
      makeVideo(place.at(name), [
        { colour: 'red', shots: [8] },
        { colour: 'green', shots: [seconds - 8] },
      ]);
    await shorten('shelf.mp4', 16);
    const { code, stderr } = await steps(place, '--from', 'guide');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/shelf\.mp4 is 16 s long, but step 3 ends at 24: the video was changed/),
    ]);
    await edit(place, ({ steps: list }) => list.splice(2));
    const again = await steps(place, '--from', 'guide');
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/is 16 s long, and was 24 s when/)]);
  });

  test('what cannot be is said, and nothing is written', async () => {
    const place = await guide('wrong');
    const before = await place.read('guide/guide.html');
    await writeFile(place.at('guide/notes.txt'), 'Notes');
    const cases: [(document: StepsFile) => void, string][] = [
      [({ steps: list }) => Object.assign(list[1] ?? {}, { start: 2 }), 'step 2 starts at 2, but step 1 ends at 8'],
      [
        ({ steps: list }) => Object.assign(list[1] ?? {}, { picture: { file: '../shelf.mp4', time: 0 } }),
        'is outside the guide',
      ],
      [
        ({ steps: list }) => Object.assign(list[1] ?? {}, { picture: { file: 'notes.txt', time: 0 } }),
        'is not a picture that browsers show',
      ],
    ];
    const document = await place.read('guide/steps.json');
    for (const [change, message] of cases) {
      await writeFile(place.at('guide/steps.json'), document);
      await edit(place, change);
      const { code, stderr } = await steps(place, '--from', 'guide/steps.json');
      expect(stderr).toContain(message);
      expect(code).toBe(1);
    }
    expect(await steps(place, '--from', 'guide/none.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"guide/none.json" does not exist'),
    });
    expect(await place.read('guide/guide.html')).toBe(before);
    await rm(place.at('guide/guide.html'));
    expect((await readdir(place.at('guide'))).sort()).toEqual([
      'chapters.txt',
      'chapters.vtt',
      'guide.md',
      'notes.txt',
      'pictures',
      'steps.json',
    ]);
  });
});
