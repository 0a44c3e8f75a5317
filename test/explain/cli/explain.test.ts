import { copyFile, readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { expectRefusals, explainBenches, explainEach } from './support/explaining.ts';

const bench = explainBenches();

describe('explain', { timeout: 300_000 }, () => {
  test('a picture: the drawing, and the numbers', async () => {
    const room = await bench('picture');
    const { shell, at, shared, bundle, read } = room;
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
    await writeFile(at('mine.png'), 'mine');
    const mine = [`${shared}/red.png`, '-o', 'mine.png'];
    const [anew, refused] = await explainEach(room, [`${shared}/red.png`, '-o', 'look.png'], mine);
    const drawn = `${shared}/red.png: A bright red picture -> ${at('look.png')}\n`;
    expect(anew).toMatchObject({ code: 0, stderr: drawn });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/mine\.png already exists .*--force/) });
    expect(await read('mine.png')).toBe('mine');
    expect(await explainEach(room, [...mine, '--force'])).toMatchObject([{ code: 0 }]);
  });

  test('a video shows the frame of its time; an @ in a name is a part of it', async () => {
    const room = await bench('video');
    const { shell, at, shared, bundle } = room;
    await copyFile(`${shared}/rgb.mp4`, at('a@3.mp4'));
    await copyFile(`${shared}/red.png`, at('me@1.5'));
    const expected: Record<string, [string, number | undefined]> = {
      [`${shared}/rgb.mp4@1.99`]: ['A red picture', 1.99],
      [`${shared}/rgb.mp4@0:02`]: ['A green picture', 2],
      [`${shared}/rgb.mp4@0:00:05.9`]: ['A blue picture', 5.9],
      'a@3.mp4@4': ['A blue picture', 4],
      'me@1.5': ['A red picture', undefined],
    };
    const ended = await explainEach(room, ...Object.keys(expected).map((moment) => [moment, '--json']));
    const texts = ended.map(({ stdout, stderr }) => {
      if (stdout === '') throw new Error(stderr);
      const { draft, time } = JSON.parse(stdout) as { draft: { text: string }; time?: number };
      return [draft.text, time];
    });
    expect(texts).toEqual(Object.values(expected));
    const { code, stdout } = await shell(`cat ${shared}/red.png | $SG explain - -o - --model '${bundle}' | head -c 4`);
    expect([code, stdout.slice(1)]).toEqual([0, 'PNG']);
  });

  test('wrong usage', async () => {
    await expectRefusals(await bench('usage'), [
      ['RED', /say where with -o look\.png, or ask for --json/],
      ['RGB --json', /is a video: say which moment of it, as in .*rgb\.mp4@12\.5/],
    ]);
  });

  test('what is not there, or broken, is a failure that says so', async () => {
    const room = await bench('broken');
    await writeFile(room.at('torn.jpg'), Buffer.from('ffd8ffe000104a4649460001', 'hex'));
    expect(await explainEach(room, ['gone.mp4@3', '-o', 'look.png'], ['torn.jpg', '-o', 'look.png'])).toMatchObject([
      { code: 1, stderr: expect.stringMatching(/"gone\.mp4@3" does not exist/) },
      { code: 1, stderr: expect.stringMatching(/"torn\.jpg" is (damaged|not a picture)/) },
    ]);
    await expect(readFile(room.at('look.png'))).rejects.toThrow();
  });
});
