import { describe, expect, it } from 'vitest';
import { FRAMES_USAGE, parseChoice, selectorType } from '../../../src/ingest/selectors/registry.ts';
import { IMAGE } from '../../support/reading.ts';

describe('parseChoice', () => {
  it('reads every mode', () => {
    expect(parseChoice('auto')).toEqual({ mode: 'auto' });
    expect(parseChoice('keyframes')).toEqual({ mode: 'keyframes' });
    expect(parseChoice('scene')).toEqual({ mode: 'scene' });
    expect(parseChoice('every:2s')).toEqual({ mode: 'every', interval: 2_000_000 });
    expect(parseChoice('every:500ms')).toEqual({ mode: 'every', interval: 500_000 });
    expect(parseChoice('every:1.5m')).toEqual({ mode: 'every', interval: 90_000_000 });
  });

  it.each(['', 'every', 'every:', 'every:2', 'every:0s', 'every:-1s', 'every:2h', 'Auto', 'every:0.1ms'])(
    'refuses %j and says what there is',
    (text) => {
      expect(() => parseChoice(text)).toThrow(
        expect.objectContaining({ code: 'invalid-choice', message: expect.stringContaining('every:2s') }),
      );
    },
  );
});

describe('selectorType', () => {
  it.each(['auto', 'keyframes', 'scene', 'motion', 'motion:10s', 'every:500ms'])('has one for %s', (text) => {
    expect(selectorType(parseChoice(text)).create(IMAGE).finish(0)).toEqual([]);
    expect(FRAMES_USAGE).toContain(text.split(':')[0]);
  });
});
