import { expect, test } from 'vitest';
import { CueAssembly } from '../../src/live/cue-assembly.ts';
import type { LiveCaption } from '../../src/live/live-event.ts';

function caption(at: number, text: string, more: Partial<LiveCaption> = {}): LiveCaption {
  const fixed = { kind: 'caption', source: 'front', session: 0, pts: at * 1000, latency: 100 } as const;
  return { ...fixed, at, text, draft: text, confidence: 0.5, ...more };
}

test('a caption holds until one of other words comes', () => {
  const cues = new CueAssembly(0.2);
  expect(cues.push({ caption: caption(1000, 'A dog.'), still: false })).toBeUndefined();
  expect(cues.push({ caption: caption(3000, 'a dog.', { confidence: 0.9 }), still: false })).toBeUndefined();
  expect(cues.push({ caption: caption(5000, 'A cat.'), still: false })).toEqual({
    ...{ kind: 'cue', source: 'front', session: 0 },
    ...{ start: 1000, end: 5000, text: 'a dog.', confidence: 0.9 },
  });
  expect(cues.end(9000)).toMatchObject({ start: 5000, end: 9000, text: 'A cat.' });
  expect(cues.end(9500)).toBeUndefined();
});

test('in a still picture similar words are the same caption', () => {
  const cues = new CueAssembly(0);
  cues.push({ caption: caption(0, 'a brown dog on the grass'), still: false });
  expect(cues.push({ caption: caption(2000, 'a dog on the grass'), still: true })).toBeUndefined();
  expect(cues.push({ caption: caption(4000, 'a dog on the grass'), still: false })).toMatchObject({ end: 4000 });
});

test.each([
  ['without text', { text: '' }],
  ['that is unsure', { confidence: 0.1 }],
])('a caption %s ends the cue and leaves a gap', (_, more) => {
  const cues = new CueAssembly(0.2);
  cues.push({ caption: caption(0, 'a dog'), still: false });
  expect(cues.push({ caption: caption(2000, 'a cat', more), still: false })).toMatchObject({ start: 0, end: 2000 });
  expect(cues.end(4000)).toBeUndefined();
});

test('a new session begins a new cue; the source going away ends one, which is never empty', () => {
  const cues = new CueAssembly(0);
  cues.push({ caption: caption(0, 'a dog'), still: false });
  expect(cues.push({ caption: caption(2000, 'a dog', { session: 1 }), still: false })).toMatchObject({ end: 2000 });
  expect(cues.end(2000)).toMatchObject({ session: 1, start: 2000, end: 3000 });
});
