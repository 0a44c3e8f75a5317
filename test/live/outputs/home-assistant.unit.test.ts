import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { addRule, removeRule, replaceRule } from '../../../src/archive/alerts/alert-rules.ts';
import { RuleMatcher } from '../../../src/archive/alerts/rule-matcher.ts';
import { openMemoryDatabase, writeFact } from '../../../src/archive/index/database.ts';
import { openTextMatcher } from '../../../src/archive/index/match-text.ts';
import { VERSION } from '../../../src/core/version.ts';
import { HomeAssistantDestination } from '../../../src/live/outputs/home-assistant/home-assistant-destination.ts';
import { type RetainingBroker, startRetainingBroker } from './support/broker.ts';
import { caption, happened, state } from './support/events.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close().catch(() => undefined);
});

async function broker(port?: number): Promise<RetainingBroker> {
  const started = await startRetainingBroker(port);
  open.push(started);
  return started;
}

const QUERIES = ['person', '"dog near gate"'];
const SOURCES = ['front', 'H\u00f6f 2'];

function destination(port: number, queries = QUERIES, sources = SOURCES, topic = 'home/eyes', events = false) {
  const alerts = { queries, exact: false, minConfidence: 0.5, zone: 'UTC', pause: 0 };
  const settings = { mqtt: `mqtt://127.0.0.1:${port}/${topic}`, discovery: 'homeassistant', sources, alerts, events };
  const made = new HomeAssistantDestination(settings, openTextMatcher(alerts.queries, alerts));
  open.push(made);
  return made;
}

const WORDS = 'home/eyes/front/words/person';

test('discovery: a device a camera, with ids that follow from its name', async () => {
  const { port, retained } = await broker();
  await destination(port).work();
  expect(JSON.parse(retained.get('homeassistant/sensor/secondglance_front/caption/config') ?? '')).toEqual({
    name: 'Caption',
    icon: 'mdi:text-recognition',
    state_topic: 'home/eyes/front/caption',
    json_attributes_topic: 'home/eyes/front/attributes',
    unique_id: 'secondglance_front_caption',
    availability_topic: 'home/eyes/status',
    device: {
      identifiers: ['secondglance_front'],
      name: 'front',
      manufacturer: 'secondglance',
      sw_version: VERSION,
    },
    origin: { name: 'secondglance', sw_version: VERSION },
  });
  const announced = [...retained].filter(([topic]) => topic.startsWith('homeassistant/'));
  // A caption, a connection and two words for each of two cameras.
  expect(announced).toHaveLength(8);
  for (const [topic, payload] of announced) {
    // What Home Assistant accepts: <prefix>/<component>/<node>/<object>/config.
    expect(topic).toMatch(/^homeassistant\/(?:sensor|binary_sensor)\/[\w-]+\/[\w-]+\/config$/);
    const config = JSON.parse(payload) as Record<string, string>;
    expect(retained.has(config.state_topic ?? '')).toBe(true);
  }
  const ids = announced.map(([, payload]) => (JSON.parse(payload) as { unique_id: string }).unique_id);
  expect(new Set(ids).size).toBe(8);
  expect(retained.get('home/eyes/status')).toBe('online');
});

test('states: the caption, its attributes, words while it has them, and the connection', async () => {
  const { port, retained } = await broker();
  const output = destination(port);
  await output.work();
  expect([retained.get('home/eyes/front/caption'), retained.get(WORDS)]).toEqual(['None', 'OFF']);
  await output.take(state(0, 'live'));
  await output.take(caption(0, 'A man runs\nnear the gate'));
  await output.work();
  expect(retained.get('home/eyes/front/connected')).toBe('ON');
  expect(retained.get('home/eyes/front/caption')).toBe('A man runs near the gate');
  expect(retained.get('home/eyes/front/attributes')).toBe(
    '{"text":"A man runs near the gate","confidence":0.9,"time":"2026-11-26T12:00:00.000Z"}',
  );
  expect(retained.get(WORDS)).toBe('ON');
  await output.take(caption(1, 'A woman', { confidence: 0.3 }));
  await output.work();
  expect([retained.get('home/eyes/front/caption'), retained.get(WORDS)]).toEqual(['A woman', 'OFF']);
  await output.take(caption(2, 'A dog near gate with a person'));
  await output.work();
  expect(retained.get(WORDS)).toBe('ON');
  await output.take(state(3, 'stalled'));
  await output.work();
  expect([retained.get('home/eyes/front/connected'), retained.get('home/eyes/front/caption')]).toEqual(['OFF', 'None']);
  expect(retained.get(WORDS)).toBe('OFF');
  const long = `${'ä'.repeat(300)}`;
  await output.take(caption(4, long));
  await output.work();
  expect([...(retained.get('home/eyes/front/caption') ?? '')]).toHaveLength(255);
  expect(JSON.parse(retained.get('home/eyes/front/attributes') ?? '')).toMatchObject({ text: long });
});

test('a cable is cut: offline by the last will; afterwards everything is published again', async () => {
  const first = await broker();
  const output = destination(first.port);
  await output.work();
  first.cut();
  await expect.poll(() => first.retained.get('home/eyes/status')).toBe('offline');
  await first.close();
  await output.take(caption(1, 'A cat'));
  await expect(output.work()).rejects.toThrow(/the broker at 127\.0\.0\.1:\d+ did not accept it/);
  await output.take(caption(2, 'A cow'));
  const second = await broker(first.port);
  await output.work();
  expect(second.retained.get('home/eyes/front/caption')).toBe('A cow');
  expect(second.retained.get('home/eyes/status')).toBe('online');
  expect(second.retained.size).toBeGreaterThan(14);
});

test('events: a sensor with the last one', async () => {
  const { port, retained } = await broker();
  const output = destination(port, QUERIES, ['front'], 'home/eyes', true);
  await output.work();
  expect(JSON.parse(retained.get('homeassistant/sensor/secondglance_front/event/config') ?? '')).toMatchObject({
    name: 'Event',
    state_topic: 'home/eyes/front/event',
    json_attributes_topic: 'home/eyes/front/event/attributes',
  });
  expect(retained.get('home/eyes/front/event')).toBe('None');
  await output.take(happened(1, 5, 'A man opens a door', { support: 5, frames: 6 }));
  await output.take(happened(5, 6, ''));
  await output.work();
  expect(retained.get('home/eyes/front/event')).toBe('A man opens a door');
  expect(JSON.parse(retained.get('home/eyes/front/event/attributes') ?? '')).toEqual({
    ...{ text: 'A man opens a door', confidence: 0.9, support: 5, frames: 6 },
    ...{ start: '2026-11-26T12:00:01.000Z', end: '2026-11-26T12:00:05.000Z' },
  });
});

test('words and sources that were removed: their entities and states go, and nothing else does', async () => {
  const { port, retained } = await broker();
  const foreign = JSON.stringify({
    origin: { name: 'other' },
    state_topic: 'home/eyes/x',
    availability_topic: 'home/eyes/status',
  });
  const publisher = await connectAsync(`mqtt://127.0.0.1:${port}`);
  open.push({ close: () => publisher.endAsync() });
  await publisher.publishAsync('homeassistant/sensor/other/x/config', foreign, { qos: 1, retain: true });
  await publisher.publishAsync('homeassistant/sensor/broken/x/config', '{"origin":', { qos: 1, retain: true });
  const garage = destination(port, ['car'], ['garage'], 'home/garage');
  await garage.work();
  const first = destination(port);
  await first.work();
  await first.close();
  const before = new Set(retained.keys());
  const second = destination(port, ['person'], ['front']);
  await expect
    .poll(async () => {
      await second.work();
      return [...before].filter((topic) => !retained.has(topic)).sort();
    })
    .toEqual([...before].filter((topic) => /dog|H-f|H\w*-?f-2/.test(topic)).sort());
  expect(retained.get('homeassistant/sensor/other/x/config')).toBe(foreign);
  expect([...retained.keys()].filter((topic) => topic.includes('garage'))).toHaveLength(7);
  expect(retained.has('homeassistant/binary_sensor/secondglance_front/words_person/config')).toBe(true);
});

test('rules of the archive: their words have entities, which follow changes while it runs', async () => {
  const { port, retained } = await broker();
  const db = openMemoryDatabase();
  open.push({ close: async () => void db.close() });
  writeFact(db, 'zone', 'UTC');
  const everywhere = addRule(db, { words: 'cat', exact: false, minConfidence: 0.5 });
  // The captions below are of noon.
  addRule(db, { words: 'dog', camera: 'Front', hours: '12:00-12:01', exact: true, minConfidence: 0.8 });
  const alerts = { queries: ['person', 'cat'], exact: false, minConfidence: 0.5, zone: 'UTC', pause: 0 };
  const settings = { mqtt: `mqtt://127.0.0.1:${port}/eyes`, discovery: 'ha', sources: ['front', 'back'], alerts };
  const output = new HomeAssistantDestination(
    { ...settings, events: false },
    openTextMatcher(alerts.queries, alerts),
    new RuleMatcher(db),
  );
  open.push(output);
  const words = (source: string) =>
    Object.fromEntries(
      [...retained].flatMap(([topic, payload]) => {
        const [, word] = new RegExp(`^eyes/${source}/words/(.*)$`).exec(topic) ?? [];
        return word === undefined ? [] : [[word, payload]];
      }),
    );
  const announced = () =>
    [...retained.keys()].flatMap(
      (topic) => /^ha\/binary_sensor\/secondglance_(.*words.*)\/config$/.exec(topic)?.[1] ?? [],
    );
  await output.work();
  expect(words('front')).toEqual({ person: 'OFF', cat: 'OFF', dog: 'OFF' });
  expect(words('back')).toEqual({ person: 'OFF', cat: 'OFF' });
  expect(announced().sort()).toEqual([
    ...['back/words_cat', 'back/words_person'],
    ...['front/words_cat', 'front/words_dog', 'front/words_person'],
  ]);

  const say = async (second: number, text: string, confidence = 0.9) => {
    await output.take(caption(second, text, { confidence }));
    await output.work();
    return words('front');
  };
  expect(await say(0, 'A dog and a kitten')).toEqual({ person: 'OFF', cat: 'ON', dog: 'ON' });
  expect(await say(1, 'A dog', 0.7)).toMatchObject({ dog: 'OFF' });
  expect(await say(2, 'A puppy')).toMatchObject({ dog: 'OFF' });
  expect(await say(60, 'A dog')).toMatchObject({ dog: 'OFF' });

  const added = addRule(db, { words: 'red car', exact: false, minConfidence: 0.5 });
  await output.work();
  const [car = ''] = Object.keys(words('back')).filter((word) => word.startsWith('red-car'));
  expect(words('back')).toEqual({ person: 'OFF', cat: 'OFF', [car]: 'OFF' });
  expect(await say(61, 'A red car')).toMatchObject({ [car]: 'ON' });
  replaceRule(db, added.id, { words: 'fox', camera: 'back', exact: false, minConfidence: 0.5 });
  // The words of --notify stay.
  removeRule(db, everywhere.id);
  await output.work();
  expect(words('front')).toEqual({ person: 'OFF', cat: 'OFF', dog: 'OFF' });
  expect(words('back')).toEqual({ person: 'OFF', cat: 'OFF', fox: 'OFF' });
  expect(announced().filter((name) => /car|fox/.test(name))).toEqual(['back/words_fox']);
});

test('the end says offline, once', async () => {
  const { port, published } = await broker();
  const output = destination(port);
  await output.work();
  await output.close();
  expect(published.filter((line) => line.startsWith('home/eyes/status'))).toEqual([
    'home/eyes/status online',
    'home/eyes/status offline',
  ]);
});
