import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { ciderD } from '../../bench/support/cider.ts';
import { tinyBundle } from '../support/run.ts';
import { type Colour, PALETTE, TEXTS } from '../support/tiny-bundle.ts';
import { makeFolder } from '../support/videos.ts';

const ROOT = path.join(import.meta.dirname, '../..');

test('CIDEr-D: the references themselves score best, other words nothing', () => {
  const references = [['a dog on a sofa', 'a brown dog on a couch'], ['two men in a boat'], ['a red car']];
  const [dog = 0, men = 0, car = 1] = ciderD(['a dog on a sofa', 'two men in a boat', 'nothing of that'], references);
  expect(men).toBeCloseTo(1000, 6);
  expect(dog).toBeGreaterThan(300);
  expect(car).toBe(0);
});

test('bench/second-pass.ts measures the gain of the second pass of the tiny bundle', async () => {
  const folder = await makeFolder();
  try {
    const colours: Colour[] = ['red', 'green', 'blue', 'white'];
    for (const colour of colours) {
      const [r, g, b] = PALETTE[colour];
      const create = { width: 32, height: 24, channels: 3 as const, background: { r, g, b } };
      await sharp({ create })
        .png()
        .toFile(path.join(folder.path, `${colour}.png`));
    }
    const references = Object.fromEntries(colours.map((colour) => [`${colour}.png`, [TEXTS[colour].text]]));
    const file = path.join(folder.path, 'references.json');
    await writeFile(file, JSON.stringify(references));
    const args = ['--import', 'tsx', 'bench/second-pass.ts', folder.path, file, '--model', tinyBundle()];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ model: 'tiny', pictures: 4, changed: 4, failed: 0 });
    expect(result['CIDEr-D'].gain).toBeGreaterThan(0);
  } finally {
    await folder.remove();
  }
});
