import { test, vi } from 'vitest';
import { expectRefusals, explainBenches } from './support/explaining.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = explainBenches();

test('wrong usage, in every form', async () => {
  await expectRefusals(await bench('usage'), [
    ['RED -o look.jpg', /-o look\.jpg: explain draws PNG/],
    ['RED -o - --json', /both write to stdout/],
    ['RGB@soon --json', /@ soon: not a time/],
    ['RGB@6.5 --json', /rgb\.mp4 shows nothing at 00:00:06\.500: it runs from 00:00:00\.000 to 00:00:06\.000/],
    ['RED@1 --json', /red\.png is a picture, which has no times/],
    ['FOLDER --json', /takes one picture, or one video and a time/],
  ]);
});
