import path from 'node:path';
import { expect, test } from 'vitest';
import { describeSteps } from '../../../src/steps/guide/describe-steps.ts';
import type { Guide } from '../../../src/steps/guide/guide.ts';
import { guideText, guideToList, listProblem } from '../../../src/steps/guide/guide-formats.ts';
import { readStepsSettings, type StepsFlags } from '../../../src/steps/steps-settings.ts';

const SECOND = 1_000_000;
const step = (start: number, end: number, title: string) => ({
  ...{ start: start * SECOND, end: end * SECOND, title, text: '' },
  captions: [{ time: start * SECOND, text: 'A red and white sign', confidence: 0.9 }],
  picture: { file: `pictures/at-${start}.jpg`, time: start * SECOND },
});
const GUIDE: Guide = {
  title: 'Tea',
  tool: 'secondglance 0.0.0',
  model: { name: 'tiny', version: '1', sha256: '00' },
  source: { video: '../tea.mp4', duration: 4000 * SECOND },
  words: { subtitles: null, chapters: 0 },
  steps: [step(0, 65.2, 'Boil the water'), step(65.2, 3700, 'Pour'), step(3700, 4000, 'Wait')],
};
const IMAGES = new Map([['pictures/at-0.jpg', { address: 'data:image/jpeg;base64,AA', width: 1, height: 1 }]]);

test('a list of chapters as video sites want it, which begins at 0:00', () => {
  expect(guideToList(GUIDE)).toBe('0:00 Boil the water\n1:05 Pour\n1:01:40 Wait\n');
  expect(guideToList({ ...GUIDE, steps: GUIDE.steps.slice(1) })).toBe('0:00 Tea\n1:05 Pour\n1:01:40 Wait\n');
});

test('a file elsewhere links from where it is; a picture is described by the title', () => {
  const page = guideText(GUIDE, '/films/tea-guide', IMAGES, { format: 'html', name: '/films/tea.html' });
  expect(page).toContain('href="tea.mp4#t=65.2"');
  expect(page).toMatch(/<img src="data:[^>]* alt="Boil the water">/);
  const text = guideText(GUIDE, '/films/tea-guide', IMAGES, { format: 'md', name: '/films/tea.md' });
  expect(text).toContain('](tea-guide/pictures/at-0.jpg)](tea.mp4#t=0)');
  expect(guideText(GUIDE, '/films/tea-guide', IMAGES, { format: 'md', name: 'guide.md' })).toContain(
    '](../tea.mp4#t=0)',
  );
});

test("captions are shown for a step without words of its own, and said to be a machine's", () => {
  const notice = 'was described by a machine and may be wrong.';
  const shown = 'In the picture: A red and white sign';
  const spoken = { ...GUIDE, steps: GUIDE.steps.map((one) => ({ ...one, text: 'Boil a cup of water' })) };
  for (const format of ['html', 'md'] as const) {
    const output = { format, name: `guide.${format}` };
    expect(guideText(GUIDE, '/films/tea-guide', IMAGES, output)).toMatch(new RegExp(`${shown}[^]*${notice}`));
    expect(guideText(spoken, '/films/tea-guide', IMAGES, output)).not.toMatch(/A red and white sign|by a machine/);
  }
});

test('a caption is a title only where the model is sure', () => {
  const material = { samples: [], utterances: [], chapters: [], end: 30 * SECOND };
  const titles = (...confidences: number[]) => {
    const spans = confidences.map((_, at) => ({ start: at * 10 * SECOND, end: (at + 1) * 10 * SECOND }));
    const captions = confidences.map((confidence, at) => ({ time: at * 10 * SECOND, text: 'A dog runs', confidence }));
    return describeSteps(spans, { ...material, captions }).map(({ title }) => title);
  };
  expect(titles(0.9, 0.59, 0)).toEqual(['A dog runs', 'Step 2', 'Step 3']);
});

test('-o and -f: a folder with all, or one file with its parts beside it', () => {
  const plain: StepsFlags = { minStep: '5s', maxStep: '3m', passes: '2', minConfidence: '0' };
  const places = (flags: Partial<StepsFlags>) => {
    const { folder, outputs } = readStepsSettings(['tea.mp4'], { ...plain, ...flags }).settings;
    return [folder, ...outputs.map(({ name }) => name)];
  };
  const all = ['guide.html', 'guide.md', 'chapters.vtt', 'chapters.txt'];
  expect(places({})).toEqual([undefined, ...all]);
  expect(places({ output: 'guide' })).toEqual(['guide', ...all]);
  expect(places({ format: 'chapters,list' })).toEqual([undefined, 'chapters.vtt', 'chapters.txt']);
  expect(places({ output: 'out/tea.html' })).toEqual([path.resolve('out/tea_files'), path.resolve('out/tea.html')]);
  expect(places({ output: 'tea.txt', format: 'list,html' })).toEqual([
    path.resolve('tea_files'),
    path.resolve('tea.txt'),
    'guide.html',
  ]);
  expect(places({ output: 'guide.html' })).toEqual([path.resolve('guide_files'), path.resolve('guide.html')]);
  expect(places({ output: 'guide.html/' })).toEqual(['guide.html/', ...all]);
  expect(() => places({ format: 'pdf' })).toThrow('-f pdf: use html, md, chapters, list');
  const from = { ...plain, from: 'guide/', output: 'elsewhere' };
  expect(() => places({ output: 'tea.pdf' })).toThrow('-o tea.pdf: a guide is written as .html');
  expect(places({ output: 'tea.pdf/' })).toEqual(['tea.pdf/', ...all]);
  expect(() => readStepsSettings(['a.mp4', 'b.mp4'], plain)).toThrow(
    'one video, and 2 were given; for several: for v in',
  );
  const { title } = readStepsSettings(['a.mp4'], { ...plain, title: ' How to\n build ' }).settings;
  expect(title).toBe('How to build');
  expect(() => readStepsSettings(['a.mp4'], { ...plain, title: ' ' })).toThrow('--title needs a text');
  const rebuilt = { ...plain, from: 'guide', title: 'x' };
  expect(() => readStepsSettings([], rebuilt)).toThrow('steps.json has the title; edit it there');
  expect(() => readStepsSettings([], from)).toThrow('leave -o out, or name a file that ends in .html');
});

test('captions below the minimum confidence are left out of a guide', () => {
  const captions = [0.9, 0.3].map((confidence, at) => ({ time: at * 10 * SECOND, text: `A dog ${at}`, confidence }));
  const material = { samples: [], utterances: [], chapters: [], end: 20 * SECOND, captions };
  const spans = [{ start: 0, end: 20 * SECOND }];
  const texts = (least?: number) =>
    describeSteps(spans, material, least).flatMap((step) => step.captions.map(({ text }) => text));
  expect(texts(0.5)).toEqual(['A dog 0']);
  expect(texts(1)).toEqual([]);
  expect(texts()).toContain('A dog 0');
});

test('a list that YouTube would not show as chapters is named, with the reason', () => {
  const list = (...starts: number[]) => {
    const steps = starts.map((start, at) => step(start, starts[at + 1] ?? 60, 'Pour'));
    return listProblem({ ...GUIDE, source: { video: 'tea.mp4', duration: 60 * SECOND }, steps });
  };
  expect(list(0, 20, 40)).toBeUndefined();
  // The list begins with a line at 0:00.
  expect(list(15, 40)).toBeUndefined();
  expect(list(0, 40)).toMatch('from 3 on, this list has 2');
  expect(list(0, 20, 55)).toMatch('shorter than 10 s, as that at 0:55 is');
});
