import { rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Alerts } from '../../../src/archive/alerts/alerts.ts';
import {
  deliverDue,
  enqueueMatches,
  type NotificationTransport,
  waitingMessages,
} from '../../../src/archive/alerts/outbox.ts';
import { mqttTransport, webhookTransport } from '../../../src/archive/alerts/transports.ts';
import { parseWindow } from '../../../src/archive/clock/time-window.ts';
import { openDatabase } from '../../../src/archive/index/database.ts';
import { cuesBetween } from '../../../src/archive/index/search-cues.ts';
import { pictureFolder } from '../../../src/archive/index/thumbnails.ts';
import { sentenceOf } from '../../../src/core/errors.ts';
import { makeFolder } from '../../support/videos.ts';
import { type Archive, describeRecording, makeArchive, type Sight } from '../support/archive.ts';
import { type Receiver, startBroker, startWebhook } from '../support/receivers.ts';

const never = new AbortController().signal;
const HOUR = 3_600_000;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let archive: Archive;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = await makeFolder();
  archive = makeArchive(path.join(folder.path, 'night.db'));
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  archive.db.close();
  await folder.remove();
});

function kept<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

const PERSON: Sight[] = [
  { at: 1, text: 'A dog' },
  { at: 4.5, text: 'Two persons near a gate' },
  { at: 9, text: 'A person runs' },
];

function seen(
  channels: readonly NotificationTransport[],
  queries: readonly string[],
  start = '2026-11-24T21:00:00Z',
  { sights = PERSON, ...how }: { readonly sights?: readonly Sight[] } & Partial<Alerts> = {},
) {
  return describeRecording(archive, { camera: 'front', start }, sights, (recording) =>
    enqueueMatches(
      archive.db,
      recording,
      [{ queries, exact: false, minConfidence: 0.5, zone: 'Europe/Berlin', ...how }],
      channels,
    ),
  );
}

const MATCH = {
  event: 'match',
  id: expect.stringMatching(/^[0-9a-f]{32}$/),
  words: 'person',
  camera: 'front',
  file: '/recordings/front/2026-11-24T21-00-00Z.mp4',
  start: '2026-11-24T21:00:00.000Z',
  local: '2026-11-24 22:00:04',
  matches: 2,
  cues: [
    {
      id: expect.any(String),
      start: '2026-11-24T21:00:04.500Z',
      end: '2026-11-24T21:00:06.500Z',
      text: 'Two persons near a gate',
      confidence: 0.5,
    },
    expect.objectContaining({ start: '2026-11-24T21:00:09.000Z', text: 'A person runs' }),
  ],
  picture: null,
};

/** Both ways of telling somebody, each with a way to start its receiver (again, on the same port). */
const WAYS: [string, (port?: number) => Promise<Receiver>, (port: number) => NotificationTransport][] = [
  ['webhook', (port) => startWebhook(undefined, port), (port) => webhookTransport(`http://127.0.0.1:${port}/hook`)],
  ['mqtt', (port) => startBroker(undefined, port), (port) => mqttTransport(`mqtt://127.0.0.1:${port}/cams/matches`)],
];

test.each(WAYS)('%s: a match arrives, one message for a question and a recording', async (_, start, reach) => {
  const receiver = kept(await start());
  const channel = kept(reach(receiver.port));
  await seen([channel], ['person', 'zebra', '"near a gate"']);
  expect(waitingMessages(archive.db)).toBe(2);
  expect(await deliverDue(archive, [channel], never)).toEqual({ delivered: 2, waiting: 0, expired: 0, reasons: [] });
  expect(receiver.received.map(({ body }) => body)).toEqual([
    MATCH,
    { ...MATCH, words: '"near a gate"', matches: 1, cues: [MATCH.cues[0]] },
  ]);
  expect(waitingMessages(archive.db)).toBe(0);
  // Nothing is due any more.
  expect(await deliverDue(archive, [channel], never)).toEqual({ delivered: 0, waiting: 0, expired: 0, reasons: [] });
});

test('--notify-between counts by the time at which it was seen, in the zone of the recorders', async () => {
  const window = parseWindow('22:00-06:00');
  const channel: NotificationTransport = {
    name: 'webhook',
    deliver: async () => undefined,
    close: async () => undefined,
  };
  await seen([channel], ['person'], '2026-11-24T14:00:00Z', { window });
  expect(waitingMessages(archive.db)).toBe(0);
  // 21:59:52 in Berlin: of the persons at 4.5 s and at 9 s, the second counts.
  await seen([channel], ['person'], '2026-11-24T20:59:52Z', { window });
  await seen([channel], ['person'], '2026-11-25T04:30:00Z', { window });
  const bodies = archive.db.prepare('SELECT body FROM outbox ORDER BY id').all() as { body: string }[];
  expect(bodies.map(({ body }) => JSON.parse(body) as { local: string; matches: number })).toMatchObject([
    { local: '2026-11-24 22:00:01', matches: 1 },
    { local: '2026-11-25 05:30:04', matches: 2 },
  ]);
});

test.each(WAYS)('%s: while nobody takes it, it waits longer each time, over a restart too', async (_, start, reach) => {
  const gone = await start();
  const channel = kept(reach(gone.port));
  await gone.close();
  await seen([channel], ['person']);
  const now = Date.now();
  const first = await deliverDue(archive, [channel], never, now);
  expect(first).toMatchObject({
    delivered: 0,
    waiting: 1,
    reasons: [expect.stringContaining(`127.0.0.1:${gone.port}`)],
  });
  expect(await deliverDue(archive, [channel], never, now + 4999)).toMatchObject({ delivered: 0, waiting: 0 });
  expect(await deliverDue(archive, [channel], never, now + 5000)).toMatchObject({ delivered: 0, waiting: 1 });
  expect(await deliverDue(archive, [channel], never, now + 14_999)).toMatchObject({ delivered: 0, waiting: 0 });

  archive.db.close();
  archive = { ...archive, db: openDatabase(archive.file, { create: false }) };
  const receiver = kept(await start(gone.port));
  expect(await deliverDue(archive, [channel], never, now + 15_000)).toMatchObject({ delivered: 1 });
  expect(receiver.received.map(({ body }) => body)).toEqual([MATCH]);
});

test.each(WAYS)('%s: a receiver that was started anew between two messages', async (_, start, reach) => {
  const before = await start();
  const channel = kept(reach(before.port));
  await seen([channel], ['person']);
  expect(await deliverDue(archive, [channel], never)).toMatchObject({ delivered: 1 });
  await before.close();
  const after = kept(await start(before.port));
  await seen([channel], ['person'], '2026-11-24T22:00:00Z');
  let delivered = 0;
  for (let turn = 0; turn < 5 && delivered === 0; turn += 1) {
    ({ delivered } = await deliverDue(archive, [channel], never, Date.now() + turn * HOUR));
  }
  expect(after.received).toHaveLength(1);
});

test('a message that was taken but not acknowledged comes again: at least once, under the same id', async () => {
  let turn = 0;
  const answers = [500, 'hang-up', 302, 200] as const;
  const receiver = kept(await startWebhook(() => answers[turn++] ?? 200));
  const channel = kept(webhookTransport(`http://127.0.0.1:${receiver.port}/`));
  await seen([channel], ['person']);
  const reasons: (readonly string[])[] = [];
  for (let at = 0; at < answers.length; at += 1) {
    reasons.push((await deliverDue(archive, [channel], never, Date.now() + at * HOUR)).reasons);
  }
  expect(reasons).toEqual([
    [expect.stringMatching(/answered 500$/)],
    [expect.stringMatching(/cannot be reached/)],
    [expect.stringMatching(/answered 302$/)],
    [],
  ]);
  expect(receiver.received.map(({ body }) => body)).toEqual([MATCH, MATCH, MATCH, MATCH]);
  expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(1);
  expect(waitingMessages(archive.db)).toBe(0);
});

test('one who does not take messages holds nobody else up', async () => {
  const receiver = kept(await startBroker());
  const gone = await startWebhook();
  await gone.close();
  const channels = [
    kept(webhookTransport(`http://127.0.0.1:${gone.port}/`)),
    kept(mqttTransport(`mqtt://127.0.0.1:${receiver.port}`)),
  ];
  await seen(channels, ['person', 'dog']);
  expect(await deliverDue(archive, channels, never)).toMatchObject({ delivered: 2, waiting: 1 });
  expect(receiver.received.map(({ topic }) => topic)).toEqual(['secondglance', 'secondglance']);
  expect(waitingMessages(archive.db)).toBe(2);
});

test('passwords reach the receiver, and stand in no message and not in the state file', async () => {
  const webhook = kept(await startWebhook());
  const broker = kept(await startBroker('p@ss/w:rd'));
  const secret = encodeURIComponent('p@ss/w:rd');
  const channels = [
    kept(webhookTransport(`http://camera:${secret}@127.0.0.1:${webhook.port}/hook?token=t0ken`)),
    kept(mqttTransport(`mqtt://camera:${secret}@127.0.0.1:${broker.port}/cams`)),
  ];
  await seen(channels, ['person']);
  expect(await deliverDue(archive, channels, never)).toMatchObject({ delivered: 2 });
  const basic = Buffer.from('camera:p@ss/w:rd').toString('base64');
  expect(webhook.received[0]?.headers).toMatchObject({ authorization: `Basic ${basic}` });

  const wrong = [kept(mqttTransport(`mqtt://camera:not-${secret}@127.0.0.1:${broker.port}/cams`))];
  const away = await startWebhook();
  await away.close();
  wrong.push(kept(webhookTransport(`http://camera:not-${secret}@127.0.0.1:${away.port}/?token=t0ken`)));
  await seen(wrong, ['person'], '2026-11-24T23:00:00Z');
  const errors: string[] = [];
  for (const channel of wrong) {
    const failure: unknown = await channel.deliver('{}', never).catch((error: unknown) => error);
    for (let error = failure; error instanceof Error; error = error.cause) errors.push(sentenceOf(error));
  }
  expect(errors.length).toBeGreaterThan(1);
  await deliverDue(archive, wrong, never);
  const rows = archive.db.prepare('SELECT body, error FROM outbox').all();
  expect(rows).toHaveLength(2);
  for (const text of [...errors, JSON.stringify(rows)]) expect(text).not.toMatch(/p@ss|p%40ss|t0ken|w:rd/);
});

test('a clock that was set back does not put a message off for ever; after a week it is given up', async () => {
  const gone = await startWebhook();
  const channel = kept(webhookTransport(`http://127.0.0.1:${gone.port}/`));
  await gone.close();
  await seen([channel], ['person']);
  const now = Date.now();
  await deliverDue(archive, [channel], never, now + 24 * HOUR);
  expect(await deliverDue(archive, [channel], never, now)).toMatchObject({ waiting: 1 });
  expect(await deliverDue(archive, [channel], never, now + 6 * 24 * HOUR)).toMatchObject({ waiting: 1, expired: 0 });
  expect(await deliverDue(archive, [channel], never, now + 8 * 24 * HOUR)).toMatchObject({ waiting: 0, expired: 1 });
  expect(waitingMessages(archive.db)).toBe(0);
});

const STREET: Sight[] = [
  { at: 0, text: 'A man stands', still: true, confidence: 0.9 },
  { at: 2, text: 'A woman walks', confidence: 0.7, colour: 'red' },
  { at: 4, text: 'A boy runs', confidence: 0.8, colour: 'blue' },
  { at: 6, text: 'A girl jumps', confidence: 0.4, colour: 'green' },
];

test('motion, confidence and kinds decide; the picture of the surest match goes along', async () => {
  const receiver = kept(await startWebhook());
  const channel = kept(webhookTransport(`http://127.0.0.1:${receiver.port}/`));
  await seen([channel], ['person', 'man', 'girl', '"person"'], '2026-11-24T21:00:00Z', { sights: STREET });
  await seen([channel], ['person', 'boy'], '2026-11-24T22:00:00Z', { sights: STREET, exact: true, minConfidence: 0.8 });
  expect(await deliverDue(archive, [channel], never)).toMatchObject({ delivered: 2 });
  const [first, second] = receiver.received.map(({ body }) => body);
  expect(first).toMatchObject({
    words: 'person',
    matches: 2,
    cues: [{ text: 'A woman walks' }, { text: 'A boy runs' }],
  });
  expect(second).toMatchObject({ words: 'boy', matches: 1 });
  const jpeg = Buffer.from(String(first?.picture).replace('data:image/jpeg;base64,', ''), 'base64');
  const { channels } = await sharp(jpeg).stats();
  expect(channels.map(({ mean }) => Math.round(mean / 255))).toEqual([0, 0, 1]);
});

test('a picture that is gone does not hold up its message', async () => {
  const receiver = kept(await startWebhook());
  const channel = kept(webhookTransport(`http://127.0.0.1:${receiver.port}/`));
  await seen([channel], ['boy'], '2026-11-24T21:00:00Z', { sights: STREET });
  await rm(pictureFolder(archive.file), { recursive: true });
  expect(await deliverDue(archive, [channel], never)).toMatchObject({ delivered: 1 });
  expect(receiver.received[0]?.body).toMatchObject({ words: 'boy', picture: null });
});

test('the first keyframe of a recording shows no movement', async () => {
  const start = '2026-11-24T21:00:00Z';
  await describeRecording(archive, { camera: 'front', start, firstIndex: 0 }, PERSON);
  const moving = cuesBetween(archive.db, Date.parse(start), Date.parse(start) + HOUR).map((hit) => hit.moving);
  expect(moving).toEqual([false, true, true]);
});

test('nothing is entered where nobody is to be told', async () => {
  await seen([], ['person']);
  expect(waitingMessages(archive.db)).toBe(0);
});
