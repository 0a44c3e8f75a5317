import type { Caption } from '../../../src/core/types.ts';

/** The header that the tests' journals have. */
export const JOURNAL_HEADER = { input: 'holiday.mp4', options: { passes: 2 }, bundle: 'tiny' };

/** The captions of a group: known from its index, so that a test can tell whether they came back whole. */
export function journalCaptions(group: number): Caption[] {
  return Array.from({ length: 8 }, (_, at) => {
    const index = 8 * group + at;
    return {
      video: 'holiday.mp4',
      index,
      pts: index * 1_000_000 - 33_367,
      still: index % 3 === 0,
      draft: `A draft\nof Café ${index}`,
      text: `A "text" of 🐕 ${index} ${'and more '.repeat(index % 40)}`,
      confidence: (index % 100) / 100,
      passes: 2,
      ...(index % 11 === 0 ? { error: { code: 'group-failed', message: 'the model failed' } } : {}),
    };
  });
}
