import { from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { Caption, VideoEvent } from '../../../src/core/types.ts';
import { mapState } from '../../../src/pipeline/cues/transducer.ts';
import { gatherEvents } from '../../../src/pipeline/events/gather-events.ts';
import { captions, seconds } from '../support/captions.ts';

interface Plan {
  readonly at: number;
  readonly text: string;
  /** Index and start of its event. */
  readonly event: readonly [number, number];
  readonly joint?: string;
  readonly certain?: boolean;
  readonly confidence?: number;
  readonly failed?: boolean;
}

async function eventsOf(plans: readonly Plan[], end: number, zero = 0): Promise<VideoEvent[]> {
  const own = captions(plans).map((caption, at): Caption => {
    const { event = [0, 0], joint, certain, failed } = plans[at] ?? {};
    return {
      ...caption,
      event: { index: event[0], start: seconds(event[1]) },
      ...(joint === undefined ? {} : { joint: { text: joint, confidence: certain === true ? 1 : 0.9 } }),
      ...(failed === true ? { error: { code: 'group-failed', message: 'x' } } : {}),
    };
  });
  const gathered = from(own).pipe(
    mapState(() => gatherEvents(seconds(zero), () => seconds(end))),
    toArray(),
  );
  return lastValueFrom(gathered);
}

const yard = (at: number): Plan => ({ at, text: 'a yard', event: [0, 0] });

test('one event a passage, from its start to the start of the next; the last one ends with the video', async () => {
  const plans: Plan[] = [
    yard(0),
    { at: 9, text: 'a man near a door', event: [1, 9], joint: 'a man walks to the door' },
    { at: 11, text: 'a man at a door', event: [1, 9] },
    { at: 13, text: 'a man at the door', event: [1, 9] },
    { at: 31, text: 'a yard', event: [2, 29.5] },
  ];
  expect(await eventsOf(plans, 60)).toEqual([
    {
      ...{ index: 0, start: 0, end: seconds(9), text: 'a yard', confidence: 0.5 },
      ...{ support: 1, frames: 1, first: 0, last: 0 },
    },
    {
      ...{ index: 1, start: seconds(9), end: seconds(29.5), text: 'a man walks to the door', confidence: 0.5 },
      ...{ support: 3, frames: 3, first: 1, last: 3 },
    },
    expect.objectContaining({ index: 2, start: seconds(29.5), end: seconds(60), first: 4 }),
  ]);
});

test('times count from the zero of the track; what ends before it is no event', async () => {
  const plans: Plan[] = [yard(1), { at: 4, text: 'a dog', event: [1, 4] }, { at: 9, text: 'a cat', event: [2, 9] }];
  expect((await eventsOf(plans, 12, 5)).map(({ index, start, end }) => [index, start, end])).toEqual([
    [0, 0, 0],
    [1, 0, seconds(4)],
    [2, seconds(4), seconds(7)],
  ]);
});

const passage = (...texts: readonly string[]): Plan[] => texts.map((text, at) => ({ at, text, event: [0, 0] }));

test('a noun that only one keyframe names is left out of the wording of all, and of a keyframe', async () => {
  const [joint] = await eventsOf(
    passage('a man is walking', 'a man with an umbrella', 'a man in a street').map((plan, at) =>
      at > 0 ? plan : { ...plan, joint: 'a man is walking down a street with an umbrella' },
    ),
    9,
  );
  expect(joint).toMatchObject({ text: 'a man is walking', support: 3, frames: 3 });
  const [own] = await eventsOf(passage('a man with a dog', 'a man with a hat', 'a man with a cat'), 9);
  expect(own).toMatchObject({ text: 'a man', support: 3 });
});

test('a noun that no keyframe names, or a quarter of them, is left out, unless the model is certain', async () => {
  const joint = 'a girl is standing in front of a kitchen';
  const plans = (certain: boolean): Plan[] =>
    [1, 2, 3].map((at) => ({ at, text: `a girl is standing in a room at ${at}`, event: [0, 0], joint, certain }));
  expect(await eventsOf(plans(false), 9)).toMatchObject([{ text: 'a girl is standing', support: 3 }]);
  expect(await eventsOf(plans(true), 9)).toMatchObject([{ text: joint }]);
  const many = Array.from({ length: 8 }, (_, at): Plan => {
    const text = at < 2 ? 'a man is standing in front of a mirror' : 'a man is standing in front of a wall';
    return { at, text, event: [0, 0], ...(at === 0 ? { joint: 'a man is standing in front of a mirror' } : {}) };
  });
  expect(await eventsOf(many, 9)).toMatchObject([{ text: 'a man is standing', frames: 8 }]);
});

test('the wording most agreed on; of equals the first', async () => {
  const [event] = await eventsOf(passage('a cat on a sofa', 'a dog on a sofa', 'a dog on a sofa', 'a dog on a bed'), 9);
  expect(event).toMatchObject({ text: 'a dog on a sofa', support: 4, frames: 4 });
});

test('keyframes that agree on nothing, or show nothing, or failed', async () => {
  const [event] = await eventsOf(passage('a dog', 'a bus', 'a pizza'), 9);
  expect(event).toMatchObject({ text: '', confidence: 0, support: 0, frames: 3 });
  expect(await eventsOf([{ ...yard(0), failed: true }], 9)).toMatchObject([{ text: '', frames: 0 }]);
});

test('two keyframes are no majority: nothing is left out', async () => {
  const [event] = await eventsOf(passage('a dog on a bed', 'a dog on a bed near a lamp'), 9);
  expect(event).toMatchObject({ frames: 2, support: 2 });
  expect(event?.text).toContain('bed');
});

test('an hour of one event is held in little memory', async () => {
  const plans = Array.from({ length: 3600 }, (_, at) => ({
    at,
    text: `a man and a box ${at}`,
    event: [0, 0] as const,
  }));
  expect(await eventsOf(plans, 3600)).toMatchObject([{ frames: 3600, last: 3599 }]);
});
