import { expect, test } from 'vitest';
import {
  choosePicture,
  type EditedGuide,
  guideProblem,
  mergeWithNext,
  moveStart,
  renameStep,
  rewordStep,
  splitStep,
  stepAt,
} from '../../../web/src/steps/edit-steps.ts';

const caption = (time: number) => ({ time, text: `at ${time}`, confidence: 0.9 });
const GUIDE: EditedGuide = {
  title: 'Tea',
  steps: [
    { start: 0, end: 9, title: 'Boil', text: 'Boil it.', captions: [caption(1)], picture: { time: 2, name: 'a' } },
    { start: 9, end: 17, title: 'Pour', text: '', captions: [caption(10), caption(15)], picture: { time: 14 } },
    { start: 18, end: 27, title: 'Wait', text: 'Wait.', captions: [] },
  ],
};
const spans = ({ steps }: EditedGuide): string[] => steps.map(({ start, end, title }) => `${title} ${start}-${end}`);

test('a boundary moves both steps that meet there, stays between its neighbours, and keeps a gap', () => {
  expect(spans(moveStart(GUIDE, 1, 7.12345))).toEqual(['Boil 0-7.123', 'Pour 7.123-17', 'Wait 18-27']);
  expect(spans(moveStart(GUIDE, 1, -5))[1]).toBe('Pour 0.1-17');
  expect(spans(moveStart(GUIDE, 1, 99))).toEqual(['Boil 0-16.9', 'Pour 16.9-17', 'Wait 18-27']);
  expect(spans(moveStart(GUIDE, 2, 20))).toEqual(['Boil 0-9', 'Pour 9-17', 'Wait 20-27']);
  expect(spans(moveStart(GUIDE, 2, 12))).toEqual(['Boil 0-9', 'Pour 9-12', 'Wait 12-27']);
  expect(moveStart(GUIDE, 1, 9)).toBe(GUIDE);
});

test('titles, words and pictures change; the same title is no change', () => {
  expect(rewordStep(GUIDE, 1, 'Pour it.').steps[1]).toEqual({ ...GUIDE.steps[1], text: 'Pour it.' });
  expect(rewordStep(GUIDE, 2, 'Wait.')).toBe(GUIDE);
  expect(spans(renameStep(GUIDE, 1, 'Pour it'))[1]).toBe('Pour it 9-17');
  expect(renameStep(GUIDE, 1, 'Pour')).toBe(GUIDE);
  expect(choosePicture(GUIDE, 0, 4.00049).steps[0]?.picture).toEqual({ time: 4 });
  expect(guideProblem(GUIDE)).toBeUndefined();
  expect(guideProblem(renameStep(GUIDE, 2, ' '))).toBe('Step 3 needs a title.');
});

test('a step is split where the player is, each part with what it shows, and merged again', () => {
  const split = splitStep(GUIDE, 12);
  expect(spans(split)).toEqual(['Boil 0-9', 'Pour 9-12', 'Pour (2) 12-17', 'Wait 18-27']);
  expect(split.steps[1]).toMatchObject({ captions: [caption(10)] });
  expect(split.steps[1]).not.toHaveProperty('picture');
  expect(split.steps[2]).toMatchObject({ captions: [caption(15)], picture: { time: 14 } });
  expect(spans(mergeWithNext(split, 1))).toEqual(spans(GUIDE));
  expect(splitStep(GUIDE, 17.5)).toBe(GUIDE);
  expect(splitStep(GUIDE, 9.05)).toBe(GUIDE);
  expect(mergeWithNext(GUIDE, 2)).toBe(GUIDE);
  expect(stepAt(GUIDE.steps, 17)).toBe(-1);
});
