import { describe, expect, test } from 'vitest';
import { type Utterance, utterancesOf } from '../../../src/captioning/speech/utterances.ts';
import { speechEvidence } from '../../../src/steps/find/speech.ts';

const SECOND = 1_000_000;

/** Sentences of four seconds each, one after the other. */
function talk(...sentences: string[]): Utterance[] {
  return sentences.map((text, at) => ({ start: at * 4 * SECOND, end: (at * 4 + 3.8) * SECOND, text }));
}

function evidence(utterances: readonly Utterance[], seconds: number) {
  const times = Array.from({ length: seconds }, (_, at) => at * SECOND);
  return speechEvidence(times, utterances);
}

describe('speech', () => {
  const glue = ['Put glue into the hole.', 'Glue will run out of a hole.', 'Wipe the glue off the hole.'];
  const drill = ['Take the drill and a bit.', 'Turn the bit in the drill.', 'The drill needs a new bit.'];

  test('changes most where it speaks of something else', () => {
    const found = evidence(talk(...glue, ...drill), 24).map(({ change }) => change);
    expect(found[12]).toBe(Math.max(...found));
    expect(found[6]).toBeLessThan(0.6);
  });

  test('knows the midst of a sentence from its ends', () => {
    const found = evidence(talk(...glue), 12);
    expect(found[2]?.inside).toBe(true);
    expect(found[4]?.inside).toBe(false);
  });

  test('hears a step announced, once', () => {
    const found = evidence(talk('Here is the glue.', 'Step two: the glue again.', 'And the glue.'), 12);
    expect(found.flatMap(({ announced }, at) => (announced ? [at] : []))).toEqual([4]);
    const turned = evidence(talk('Here is the glue.', 'Next, the glue again.', 'And the glue.'), 12);
    expect(turned[4]?.change).toBeGreaterThanOrEqual(0.5);
    expect(turned[4]?.announced).toBe(false);
  });

  test('captions that roll up say each line once', () => {
    const cue = (number: number, lines: string[]) => ({ number, start: number, end: number + 2, lines });
    const cues = [
      cue(1, ['put glue']),
      cue(2, ['put glue', 'into the hole']),
      cue(3, ['into the hole']),
      cue(4, ['well']),
    ];
    expect(utterancesOf(cues).map(({ text }) => text)).toEqual(['put glue', 'into the hole', 'well']);
  });

  test('nothing is said', () => {
    expect(evidence([], 3)).toHaveLength(3);
    expect(evidence([], 3).every(({ change, inside, announced }) => change === 0 && !inside && !announced)).toBe(true);
  });
});
