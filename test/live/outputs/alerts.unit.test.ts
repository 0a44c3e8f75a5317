import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addRule } from '../../../src/archive/alerts/alert-rules.ts';
import { waitingMessages } from '../../../src/archive/alerts/outbox.ts';
import { webhookTransport } from '../../../src/archive/alerts/transports.ts';
import { parseWindow } from '../../../src/archive/clock/time-window.ts';
import { openTextMatcher } from '../../../src/archive/index/match-text.ts';
import { AlertDestination } from '../../../src/live/outputs/alerts/alert-destination.ts';
import { DeliveryDestination } from '../../../src/live/outputs/alerts/delivery-destination.ts';
import { type LiveState, openLiveState } from '../../../src/live/outputs/live-state.ts';
import { startWebhook } from '../../archive/support/receivers.ts';
import { makeFolder } from '../../support/videos.ts';
import { caption, happened, ManualClock, state as stateOf } from './support/events.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let clock: ManualClock;
const states: LiveState[] = [];
const said: string[] = [];
beforeEach(async () => {
  folder = await makeFolder();
  clock = new ManualClock();
  said.length = 0;
});
afterEach(async () => {
  for (const state of states.splice(0)) state.close();
  await folder.remove();
});

async function openState(file?: string): Promise<LiveState> {
  const state = await openLiveState(file, 'UTC');
  states.push(state);
  return state;
}

const run = () => ({ clock, report: (note: string) => said.push(note) });

function alertsOn(state: LiveState, queries: readonly string[], exact = false, pause = 120_000): AlertDestination {
  const alerts = { queries, exact, minConfidence: 0.5, zone: 'UTC', pause };
  return new AlertDestination(state, openTextMatcher(queries, alerts), alerts, [{ name: 'webhook' }], run());
}

interface Message {
  readonly words: string;
  readonly cues: readonly { readonly text: string }[];
}

const messages = ({ db }: LiveState): string[] =>
  (db.prepare('SELECT body FROM outbox ORDER BY id').all() as { body: string }[]).map(({ body }) => {
    const { words, cues } = JSON.parse(body) as Message;
    return `${words}: ${cues[0]?.text}`;
  });

test('words stand for kinds, as in search; what the model is unsure of does not count', async () => {
  const state = await openState();
  const output = alertsOn(state, ['person', '"near a gate"']);
  await output.take(caption(0, 'A woman', { confidence: 0.4 }));
  await output.take(caption(1, 'Two men near a gate'));
  await output.take(caption(2, 'A gate near a dog', { source: 'back' }));
  expect(messages(state)).toEqual(['person: Two men near a gate', '"near a gate": Two men near a gate']);
  const exact = await openState();
  await alertsOn(exact, ['person'], true).take(caption(0, 'Two men'));
  expect(messages(exact)).toEqual([]);
});

test('--notify-between: only what is seen at this time of day counts, in the zone', async () => {
  const state = await openState();
  // Noon UTC is 13:00 in Berlin.
  const window = parseWindow('13:01-14:00');
  const alerts = { queries: ['person'], exact: false, minConfidence: 0.5, zone: 'Europe/Berlin', window, pause: 1000 };
  const matcher = openTextMatcher(alerts.queries, alerts);
  const output = new AlertDestination(state, matcher, alerts, [{ name: 'webhook' }], run());
  for (const [at, text] of [
    [59, 'A man'],
    [60, 'A woman'],
    [120, 'A street'],
    [3599, 'A boy'],
    [3600, 'A street'],
    [3700, 'A girl'],
  ] as const) {
    clock.set(at);
    await output.take(caption(at, text));
  }
  expect(messages(state)).toEqual(['person: A woman', 'person: A boy']);
});

test('an event causes a message where no caption of it has caused one', async () => {
  const state = await openState();
  const output = alertsOn(state, ['person', 'dog']);
  await output.take(caption(0, 'A man'));
  await clock.pass(200_000);
  await output.take(happened(0, 200, 'A man walks a dog'));
  await output.take(happened(200, 205, 'A dog', { confidence: 0.3 }));
  expect(messages(state)).toEqual(['person: A man', 'dog: A man walks a dog']);
  const { body } = state.db.prepare('SELECT body FROM outbox ORDER BY id DESC').get() as { body: string };
  expect(JSON.parse(body)).toMatchObject({
    start: '2026-11-26T12:00:00.000Z',
    cues: [{ start: '2026-11-26T12:00:00.000Z', end: '2026-11-26T12:03:20.000Z' }],
  });
});

test('who stays causes one message; the next comes once the words were not seen for the pause', async () => {
  const state = await openState();
  const output = alertsOn(state, ['person']);
  for (let at = 0; at < 3600; at += 10) {
    clock.set(at);
    await output.take(caption(at, at % 20 === 0 ? 'A man' : 'A dog'));
  }
  expect(messages(state)).toHaveLength(1);
  clock.set(3590 + 121);
  await output.take(caption(3711, 'A woman'));
  await output.take(caption(3711, 'A woman', { source: 'back' }));
  expect(messages(state)).toEqual(['person: A man', 'person: A woman', 'person: A woman']);
});

test('with a pause shorter than the minute between two captions of a still picture, it still causes one message', async () => {
  const state = await openState();
  const output = alertsOn(state, ['person'], false, 5000);
  const see = async (at: number, text: string): Promise<void> => {
    clock.set(at);
    await output.take(caption(at, text));
  };
  for (let at = 0; at <= 600; at += 60) await see(at, at % 120 === 0 ? 'A man' : 'A woman');
  expect(messages(state)).toEqual(['person: A man']);
  // Gone for as long as the pause, or away: seen anew.
  await see(610, 'A street');
  await see(620, 'A woman');
  clock.set(630);
  await output.take(stateOf(630, 'failed'));
  await see(640, 'A man');
  expect(messages(state)).toEqual(['person: A man', 'person: A woman', 'person: A man']);
});

test('with a state file neither a restart repeats a message, nor is one lost', async () => {
  const file = path.join(folder.path, 'state.db');
  const first = await openState(file);
  await alertsOn(first, ['person']).take(caption(0, 'A man'));
  first.close();
  states.length = 0;
  clock.set(60);
  const second = await openState(file);
  await alertsOn(second, ['person']).take(caption(60, 'A man'));
  expect(messages(second)).toEqual(['person: A man']);
});

test('a message arrives with its picture, and is delivered again after a failure', async () => {
  const answers = [500, 204];
  const receiver = await startWebhook(() => answers.shift() ?? 204);
  const state = await openState();
  const output = alertsOn(state, ['person']);
  const delivery = new DeliveryDestination(state, webhookTransport(`http://127.0.0.1:${receiver.port}/`), run());
  await output.take(caption(5, 'A man runs', { picture: Buffer.from('JPEG') }));
  await expect(delivery.work()).rejects.toThrow(/the webhook at .* answered 500/);
  clock.set(10);
  await delivery.work();
  expect(receiver.received.at(-1)?.body).toEqual({
    event: 'match',
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    words: 'person',
    camera: 'front',
    file: null,
    start: '2026-11-26T12:00:05.000Z',
    matches: 1,
    cues: [{ start: '2026-11-26T12:00:05.000Z', end: null, text: 'A man runs', confidence: 0.9 }],
    picture: 'data:image/jpeg;base64,SlBFRw==',
  });
  expect(waitingMessages(state.db)).toBe(0);
  await delivery.close();
  await receiver.close();
});

test('messages that nobody takes are bounded, and what is lost at the end is said', async () => {
  const state = await openState();
  const output = alertsOn(state, ['person']);
  for (let at = 0; at < 510; at += 1) {
    await output.take(caption(at, 'A man', { source: `camera ${at}` }));
  }
  expect(waitingMessages(state.db)).toBe(500);
  expect(said).toEqual(['notifications: 500 messages wait for webhook; from now on the oldest are dropped']);
  const delivery = new DeliveryDestination(state, webhookTransport('http://127.0.0.1:1/'), run());
  await expect(delivery.close()).rejects.toThrow('500 notifications could not be delivered; with --state they wait');
});

test('rules of the archive count besides --notify, for their camera, once', async () => {
  const state = await openState();
  const output = alertsOn(state, ['dog']);
  await output.take(caption(0, 'A woman'));
  addRule(state.db, { words: 'person', camera: 'front', exact: false, minConfidence: 0.3 });
  addRule(state.db, { words: 'dog', exact: false, minConfidence: 0.3 });
  await output.take(caption(1, 'A woman', { source: 'back' }));
  await output.take(caption(2, 'A woman', { confidence: 0.4 }));
  await output.take(caption(3, 'A woman with a dog'));
  expect(messages(state)).toEqual(['person: A woman', 'dog: A woman with a dog']);
});
