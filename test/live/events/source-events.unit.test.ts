import { expect, test } from 'vitest';
import type { Caption } from '../../../src/core/types.ts';
import { EventTurns } from '../../../src/live/events/event-turns.ts';
import { OpenEvent } from '../../../src/live/events/open-event.ts';
import { SourceEvents } from '../../../src/live/events/source-events.ts';
import type { LiveLook } from '../../../src/live/source-reader.ts';

/** A frame of an event, `at` milliseconds after the begin. */
function look(at: number, index: number, start: number, session = 0): LiveLook {
  const arrival = { now: at, elapsed: at };
  const frame = { pts: at * 1000, arrival, width: 1, height: 1, pixels: new Uint8Array(3) };
  return { changed: true, frame, moment: { session, pts: at * 1000, at }, event: { index, start: start * 1000 } };
}

function caption(text: string, confidence = 0.8): Caption {
  return { video: 'front', index: 0, pts: 0, still: false, draft: text, text, confidence, passes: 1 };
}

test('an event ends where the next one begins, also where that is known late', () => {
  const events = new SourceEvents();
  expect(events.add('front', look(1000, 0, 1000))).toBeUndefined();
  expect(events.add('front', look(2000, 0, 1000))).toBeUndefined();
  expect(events.add('front', look(9000, 1, 8000))).toMatchObject({ start: 1000, end: 8000 });
  expect(events.end(9500)).toMatchObject({ start: 8000, end: 9500 });
  expect(events.end(9600)).toBeUndefined();
});

test('what goes on after a lost connection begins anew, with the first frame', () => {
  const events = new SourceEvents();
  events.add('front', look(1000, 0, 1000));
  expect(events.end(2000)).toMatchObject({ end: 2000 });
  expect(events.add('front', look(60_000, 0, 1000, 1))).toBeUndefined();
  expect(events.open).toMatchObject({ session: 1, start: 60_000 });
  // A connection that was not seen to be lost.
  expect(events.add('front', look(90_000, 0, 1000, 2))).toMatchObject({ session: 1, end: 90_000 });
  expect(events.open).toMatchObject({ session: 2, start: 90_000 });
});

test('of a long event frames from its begin to now are kept, no more than a group has', () => {
  const event = new OpenEvent('front', 0, 0, 0);
  for (let at = 0; at < 1000; at += 1) event.add(look(at, 0, 0));
  const times = event.looks.map(({ moment }) => moment.at);
  expect(times.length).toBeGreaterThan(4);
  expect(times.length).toBeLessThanOrEqual(8);
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBeGreaterThan(750);
  const { keyframes } = event.group(5, { camera: 'front', epoch: 0, zone: 'UTC' });
  expect(keyframes.map(({ index }) => index)).toEqual(times.map((_, n) => 5 + n));
});

test('the wording of an event: what its frames agree on', () => {
  const event = new OpenEvent('front', 0, 0, 1000);
  for (const text of ['a man at a door', 'a man at a gate', 'a dog']) event.hear(caption(text));
  event.end = 3000;
  expect(event.heard()).toMatchObject({ start: 1_000_000, end: 3_000_000, frames: 3, text: 'a man' });
  const joint = { ...caption('a man'), joint: { text: 'a man opens a door', confidence: 1 } };
  expect(event.agreed([joint, caption('a man at a door'), caption('a door')])).toMatchObject({
    text: 'a man opens a door',
    support: 3,
  });
  expect(new OpenEvent('front', 0, 0, 0).heard()).toBeUndefined();
});

test('the most confident caption stands for an event that goes on', () => {
  const events = new SourceEvents();
  events.add('front', look(1000, 0, 1000));
  expect(events.openCue(1500)).toBeUndefined();
  const said = { kind: 'caption', source: 'front', session: 0, pts: 0, latency: 0, draft: '' } as const;
  events.call({ ...said, at: 1000, text: 'a dog', confidence: 0.6 });
  events.call({ ...said, at: 2000, text: 'a cat', confidence: 0.9 });
  events.call({ ...said, at: 3000, text: 'a cow', confidence: 0.95, unsure: true });
  expect(events.openCue(4000)).toMatchObject({ start: 1000, end: 4000, text: 'a cat' });
});

test('events of one source are captioned one after the other, and only the newest wait', () => {
  const turns = new EventTurns();
  const [a, b, c, d] = [0, 1, 2, 3].map((n) => new OpenEvent('front', 0, n, n)) as [
    OpenEvent,
    OpenEvent,
    OpenEvent,
    OpenEvent,
  ];
  const yard = new OpenEvent('yard', 0, 0, 0);
  expect([a, b, yard].map((event) => turns.push(event))).toEqual([undefined, undefined, undefined]);
  expect(turns.take()).toBe(a);
  expect(turns.take()).toBe(yard);
  expect(turns.take()).toBeUndefined();
  expect(turns.push(c)).toBeUndefined();
  expect(turns.push(d)).toBe(b);
  turns.done('front');
  expect(turns.take()).toBe(c);
  expect(turns.drain()).toEqual([d]);
  expect(turns.isIdle).toBe(false);
  turns.done('front');
  turns.done('yard');
  expect(turns.isIdle).toBe(true);
});
