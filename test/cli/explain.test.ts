import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { benches, colourPicture, colourVideo } from './support/room.ts';

const bench = benches(async (shared) => {
  await Promise.all([
    colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2),
    colourPicture(path.join(shared, 'red.png'), 'red'),
  ]);
});

describe('explain', { timeout: 300_000 }, () => {
  test('a picture: the drawing, and the numbers', async () => {
    const { shell, at, shared, bundle, read } = await bench('picture');
    const { code, stdout, stderr } = await shell(
      `$SG explain ${shared}/red.png -o look.png --json --model '${bundle}'`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      input: 'red.png',
      model: 'tiny@1',
      grid: { columns: 2, rows: 2 },
      draft: { text: 'A red picture', words: [{ text: 'red', changed: false }, { text: 'picture' }] },
      final: {
        text: 'A bright red picture',
        words: [{ word: 1, text: 'bright', changed: true, entropy: 2 }, { text: 'red' }, { text: 'picture' }],
      },
      output: at('look.png'),
    });
    expect(await sharp(await readFile(at('look.png'))).metadata()).toMatchObject({ format: 'png', width: 1200 });
    // Its own drawing may be made anew; what a person has put there may not.
    expect(await shell(`$SG explain ${shared}/red.png -o look.png --model '${bundle}'`)).toMatchObject({
      code: 0,
      stderr: `${shared}/red.png: A bright red picture -> ${at('look.png')}\n`,
    });
    await writeFile(at('look.png'), 'mine');
    const refused = await shell(`$SG explain ${shared}/red.png -o look.png --model '${bundle}'`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/look\.png already exists .*--force/) });
    expect(await read('look.png')).toBe('mine');
    expect((await shell(`$SG explain ${shared}/red.png -o look.png --force --model '${bundle}'`)).code).toBe(0);
  });

  test('a video shows the frame of its time; an @ in a name is a part of it', async () => {
    const { shell, at, shared, bundle } = await bench('video');
    const textAt = async (moment: string): Promise<[string, unknown]> => {
      const { stdout, stderr } = await shell(`$SG explain '${moment}' --json --model '${bundle}'`);
      if (stdout === '') throw new Error(stderr);
      const { draft, time } = JSON.parse(stdout) as { draft: { text: string }; time?: number };
      return [draft.text, time];
    };
    expect(await textAt(`${shared}/rgb.mp4@1.99`)).toEqual(['A red picture', 1.99]);
    expect(await textAt(`${shared}/rgb.mp4@0:02`)).toEqual(['A green picture', 2]);
    expect(await textAt(`${shared}/rgb.mp4@0:00:05.9`)).toEqual(['A blue picture', 5.9]);
    await shell(`cp ${shared}/rgb.mp4 a@3.mp4 && cp ${shared}/red.png me@1.5`);
    expect(await textAt('a@3.mp4@4')).toEqual(['A blue picture', 4]);
    expect(await textAt('me@1.5')).toEqual(['A red picture', undefined]);
    await rename(at('me@1.5'), at('me'));
    const { code, stdout } = await shell(`cat ${shared}/red.png | $SG explain - -o - --model '${bundle}' | head -c 4`);
    expect([code, stdout.slice(1)]).toEqual([0, 'PNG']);
    await rm(at('me'));
  });

  test.each([
    ['RED', /say where with -o look\.png, or ask for --json/],
    ['RGB --json', /is a video: say which moment of it, as in .*rgb\.mp4@12\.5/],
  ])('wrong usage: %s', async (args, sentence) => {
    const { shell, shared, bundle } = await bench(`usage ${args}`);
    const line = args.replace('RED', `${shared}/red.png`).replace('RGB', `${shared}/rgb.mp4`).replace('FOLDER', shared);
    const { code, stdout, stderr } = await shell(`$SG explain ${line} --model '${bundle}'`);
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toMatch(sentence);
  });

  test('what is not there, or broken, is a failure that says so', async () => {
    const { shell, at, bundle } = await bench('broken');
    await writeFile(at('torn.jpg'), Buffer.from('ffd8ffe000104a4649460001', 'hex'));
    for (const [name, sentence] of [
      ['gone.mp4@3', /"gone\.mp4@3" does not exist/],
      ['torn.jpg', /"torn\.jpg" is (damaged|not a picture)/],
    ] as const) {
      const { code, stderr } = await shell(`$SG explain ${name} -o look.png --model '${bundle}'`);
      expect(code).toBe(1);
      expect(stderr).toMatch(sentence);
      await expect(readFile(at('look.png'))).rejects.toThrow();
    }
  });
});
