import { describe, expect, test } from 'vitest';
import { closingTime, openingTime, parseMoment, parseWindow } from '../../../src/archive/clock/time-window.ts';

const BERLIN = 'Europe/Berlin';
const NIGHT = parseWindow('22:00-06:00');

/** The end of the night's window at a moment, as UTC. */
function closes(moment: string, window = NIGHT, zone = BERLIN): string | undefined {
  const end = closingTime(window, Date.parse(moment), zone);
  return end === undefined ? undefined : new Date(end).toISOString();
}

describe('the window', () => {
  test.each([
    ['22:00-06:00', { from: 1320, to: 360 }],
    ['0:00-24:00', undefined],
    ['22:00-24:00', { from: 1320, to: 0 }],
    ['9:30-17:15', { from: 570, to: 1035 }],
  ])('%s', (text, window) => {
    if (window === undefined) expect(() => parseWindow(text)).toThrow('22:00-06:00');
    else expect(parseWindow(text)).toEqual(window);
  });

  test.each(['22-06', '25:00-06:00', '22:60-06:00', '22:00-22:00', 'night', ''])('"%s" is none', (text) => {
    expect(() => parseWindow(text)).toThrow(expect.objectContaining({ code: 'bad-time' }));
  });

  test.each([
    // In winter Berlin is an hour ahead of UTC.
    ['2026-11-24T20:59:59Z', undefined],
    ['2026-11-24T21:00:00Z', '2026-11-25T05:00:00.000Z'],
    ['2026-11-25T00:00:00Z', '2026-11-25T05:00:00.000Z'],
    ['2026-11-25T04:59:59Z', '2026-11-25T05:00:00.000Z'],
    ['2026-11-25T05:00:00Z', undefined],
    ['2026-11-25T12:00:00Z', undefined],
    // In summer two.
    ['2026-07-01T20:00:00Z', '2026-07-02T04:00:00.000Z'],
    // Summer time begins in the night to 29 March 2026 and ends in that to 25 October.
    ['2026-03-28T23:00:00Z', '2026-03-29T04:00:00.000Z'],
    ['2026-10-24T23:00:00Z', '2026-10-25T05:00:00.000Z'],
  ])('over midnight, at %s', (moment, end) => {
    expect(closes(moment)).toBe(end);
  });

  test('by day', () => {
    const day = parseWindow('09:30-17:15');
    expect(closes('2026-11-24T08:29:59Z', day)).toBeUndefined();
    expect(closes('2026-11-24T08:30:00Z', day)).toBe('2026-11-24T16:15:00.000Z');
    expect(closes('2026-11-24T16:15:00Z', day)).toBeUndefined();
  });

  test('the clocks of the zone count, not those of the machine', () => {
    expect(closes('2026-11-24T10:00:00Z', NIGHT, 'Asia/Tokyo')).toBeUndefined();
    expect(closes('2026-11-24T13:00:00Z', NIGHT, 'Asia/Tokyo')).toBe('2026-11-24T21:00:00.000Z');
  });

  test('when it opens next', () => {
    const opens = (moment: string): string => new Date(openingTime(NIGHT, Date.parse(moment), BERLIN)).toISOString();
    expect(opens('2026-11-24T12:00:00Z')).toBe('2026-11-24T21:00:00.000Z');
    expect(opens('2026-11-24T21:00:00Z')).toBe('2026-11-25T21:00:00.000Z');
    expect(opens('2026-03-28T22:00:00Z')).toBe('2026-03-29T20:00:00.000Z');
  });
});

describe('moments as people say them', () => {
  const NOW = Date.parse('2026-11-24T12:00:00Z');
  test.each([
    ['now', '2026-11-24T12:00:00.000Z'],
    ['today', '2026-11-23T23:00:00.000Z'],
    ['yesterday', '2026-11-22T23:00:00.000Z'],
    ['90m', '2026-11-24T10:30:00.000Z'],
    ['6h', '2026-11-24T06:00:00.000Z'],
    ['2026-07-01', '2026-06-30T22:00:00.000Z'],
    ['2026-07-01 13:05', '2026-07-01T11:05:00.000Z'],
    ['2026-07-01T13:05:09Z', '2026-07-01T13:05:09.000Z'],
    ['2026-07-01T13:05:09-05:00', '2026-07-01T18:05:09.000Z'],
  ])('%s', (text, utc) => {
    expect(new Date(parseMoment(text, '--since', BERLIN, NOW)).toISOString()).toBe(utc);
  });

  test.each([
    // In Berlin it is 14:30 of the 26th of October, the day after summer time ended.
    ['yesterday 20:00', '2026-10-25T19:00:00.000Z'],
    ['Yesterday 2:30', '2026-10-25T00:30:00.000Z'],
    ['today 7:05', '2026-10-26T06:05:00.000Z'],
    ['today 22:00', '2026-10-26T21:00:00.000Z'],
    ['06:00', '2026-10-26T05:00:00.000Z'],
    ['14:30', '2026-10-26T13:30:00.000Z'],
    ['22:00', '2026-10-25T21:00:00.000Z'],
  ])('%s by the clock', (text, utc) => {
    const now = Date.parse('2026-10-26T13:30:00Z');
    expect(new Date(parseMoment(text, '--since', BERLIN, now)).toISOString()).toBe(utc);
  });

  test.each(['2026-02-30', '2026-07-01 25:00', 'soon', '-3d', '24:00', '7', 'yesterday 20:60', 'tomorrow 7:00'])(
    '"%s" is none',
    (text) => {
      expect(() => parseMoment(text, '--since', BERLIN, NOW)).toThrow(/--since .*not a time/);
    },
  );
});
