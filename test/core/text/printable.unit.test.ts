import { expect, test } from 'vitest';
import { printable, printableJson, printableLine, printableNote } from '../../../src/core/text/printable.ts';

const NAME = 'a\x1b]0;owned\x07\x9b2J\u202e4pm.\nvtt\té 漢 🎬';

test('what a terminal would obey is shown, what people write stays', () => {
  expect(printable(NAME)).toBe('a\\x1b]0;owned\\x07\\x9b2J\\u202e4pm.\nvtt\té 漢 🎬');
  expect(printableLine(NAME)).toBe('a\\x1b]0;owned\\x07\\x9b2J\\u202e4pm.\\nvtt é 漢 🎬');
});

test('JSON stays the same value, and holds none of them', () => {
  const json = printableJson({ name: NAME });
  expect(JSON.parse(json)).toEqual({ name: NAME });
  expect(json).not.toMatch(/[\p{Cc}\u202e]/u);
});

test('a message keeps the lines below its first one; a line feed in a name begins none', () => {
  expect(printableNote('film.mp4: failed\n  command: ffmpeg\n  | last words')).toBe(
    'film.mp4: failed\n  command: ffmpeg\n  | last words',
  );
  expect(printableNote('film\nall done: \x1b[2K.mp4: failed')).toBe('film\\nall done: \\x1b[2K.mp4: failed');
});
