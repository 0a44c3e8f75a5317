import { expect, test } from 'vitest';
import { headingOf } from '../../../src/pipeline/screen-text/heading.ts';
import { describeSteps } from '../../../src/steps/guide/describe-steps.ts';

const seconds = (value: number) => value * 1e6;

function titleOf(headings: readonly (string | undefined)[], words = '', confidence = 0.9): string | undefined {
  const captions = headings.map((heading, at) => {
    const caption = { time: seconds(at), text: 'A man sits at a desk', confidence };
    return heading === undefined ? caption : { ...caption, heading };
  });
  const utterances = words === '' ? [] : [{ start: 0, end: seconds(1), text: words }];
  const material = { samples: [], captions, utterances, chapters: [], end: seconds(9) };
  const [step] = describeSteps([{ start: 0, end: seconds(headings.length) }], material);
  return step?.title;
}

test('a step is called after what is said, then after the heading that is shown most, then after a sure caption', () => {
  expect(titleOf(['Save the file', 'Settings', 'Settings'], 'Now open the settings.')).toBe('Open the settings');
  expect(titleOf(['Save the file', 'Settings', 'Settings'])).toBe('Settings');
  expect(titleOf(['Save the file', 'Settings'])).toBe('Save the file');
  expect(titleOf([undefined])).toBe('A man sits at a desk');
  expect(titleOf([undefined], '', 0.3)).toBe('Step 1');
});

test('the heading is the tallest line that says something', () => {
  const line = (text: string, height: number, more = {}) => {
    return { text, confidence: 0.95, x: 0.1, y: 0.3, width: 0.5, height, ...more };
  };
  expect(headingOf([line('Bigger', 0.06), line('Biggest', 0.09), line('small', 0.02)])).toBe('Biggest');
  expect(headingOf([line('22:05:09', 0.2), line('42', 0.2), line('unsure', 0.2, { confidence: 0.5 })])).toBeUndefined();
  expect(headingOf([line('CAM 02', 0.05, { y: 0.01 })])).toBeUndefined();
});
