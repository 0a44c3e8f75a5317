import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  addRule,
  alertsOf,
  type NewAlertRule,
  readRules,
  removeRule,
  replaceRule,
} from '../../../src/archive/alerts/alert-rules.ts';
import { enqueueMatches, type NotificationTransport } from '../../../src/archive/alerts/outbox.ts';
import { RuleMatcher } from '../../../src/archive/alerts/rule-matcher.ts';
import { matchesOf, sendTest } from '../../../src/archive/alerts/try-rule.ts';
import { makeFolder } from '../../support/videos.ts';
import { type Archive, describeRecording, makeArchive } from '../support/archive.ts';

const signal = new AbortController().signal;
/** 22:00 in Berlin. */
const START = '2026-11-24T21:00:00Z';
const NOW = Date.parse('2026-11-25T08:00:00Z');

let folder: Awaited<ReturnType<typeof makeFolder>>;
let archive: Archive;
beforeEach(async () => {
  folder = await makeFolder();
  archive = makeArchive(`${folder.path}/night.db`, 'Europe/Berlin');
});
afterEach(async () => {
  archive.db.close();
  await folder.remove();
});

const rule = (words: string, more: Partial<NewAlertRule> = {}): NewAlertRule => {
  return { words, exact: false, minConfidence: 0.5, ...more };
};
const open = () => ({ ...archive, zone: 'Europe/Berlin' });

function transport(deliver: (body: string) => void): NotificationTransport {
  return { name: 'webhook', deliver: async (body) => deliver(body), close: async () => undefined };
}

/** Enters what a camera saw, with the stored rules, as `watch` does; returns the words of the messages. */
async function seen(camera: string, start = START): Promise<string[]> {
  const { db } = archive;
  db.exec('DELETE FROM outbox');
  const sights = [
    { at: 1, text: 'A dog', colour: 'red' },
    { at: 4, text: 'A man near a gate', confidence: 0.6 },
    { at: 7, text: 'A cat', still: true },
  ];
  await describeRecording(archive, { camera, start }, sights, (recording) => {
    const alerts = readRules(db).map((each) => alertsOf(each, 'Europe/Berlin'));
    enqueueMatches(db, recording, alerts, [transport(() => undefined)]);
  });
  const rows = db.prepare('SELECT body FROM outbox ORDER BY id').all() as { body: string }[];
  return rows.map(({ body }) => (JSON.parse(body) as { words: string }).words);
}

test('rules are added, changed and removed; what is no rule is refused', () => {
  const { db } = archive;
  const person = addRule(db, rule('person', { camera: 'front', hours: '22:00-06:00' }));
  const dog = addRule(db, rule('dog'));
  expect(readRules(db)).toEqual([person, dog]);
  const changed = replaceRule(db, person.id, rule('a man', { exact: true }));
  expect(readRules(db)).toEqual([changed, dog]);
  expect(replaceRule(db, 'r000000000000', rule('cat'))).toBeUndefined();
  expect([removeRule(db, dog.id), removeRule(db, dog.id)]).toEqual([true, false]);
  expect(readRules(db)).toEqual([changed]);
  expect(() => addRule(db, rule('""'))).toThrow(expect.objectContaining({ code: 'nothing-to-search' }));
  expect(() => addRule(db, rule('dog', { hours: '25:00-06:00' }))).toThrow(
    expect.objectContaining({ code: 'bad-time' }),
  );
});

test('watch: a rule counts for its camera, its hours, its confidence and its words; the same words are one message', async () => {
  const { db } = archive;
  addRule(db, rule('person', { camera: 'FRONT', hours: '22:00-06:00' }));
  addRule(db, rule('person'));
  addRule(db, rule('person', { exact: true }));
  addRule(db, rule('gate', { minConfidence: 0.7 }));
  addRule(db, rule('cat'));
  addRule(db, rule('dog', { hours: '06:00-22:00' }));
  expect(await seen('front')).toEqual(['person']);
  expect(await seen('front', '2026-11-24T12:00:00Z')).toEqual(['person', 'dog']);
  for (const { id, words } of readRules(db)) if (words === 'person') removeRule(db, id);
  addRule(db, rule('person', { camera: 'front' }));
  expect(await seen('back')).toEqual([]);
});

test('live: rules count from the caption on that follows their change', () => {
  const { db } = archive;
  const matcher = new RuleMatcher(db);
  const caption = { camera: 'front', text: 'A man walks', confidence: 0.8, start: Date.parse(START) };
  expect(matcher.matches(caption)).toEqual([]);
  const { id } = addRule(db, rule('person', { hours: '22:00-06:00' }));
  addRule(db, rule('person', { camera: 'front' }));
  expect(matcher.matches(caption)).toEqual(['person']);
  expect(matcher.matches({ ...caption, camera: 'back' })).toEqual(['person']);
  expect(matcher.matches({ ...caption, confidence: 0.4 })).toEqual([]);
  removeRule(db, id);
  expect(matcher.matches({ ...caption, camera: 'back' })).toEqual([]);
  matcher.close();
});

test('a rule is tried on the last seven days, and a marked message about the newest match is sent', async () => {
  await seen('front', '2026-11-10T21:00:00Z');
  await seen('front');
  await seen('back', '2026-11-24T22:00:00Z');
  const dogs = matchesOf(open(), rule('dog'), NOW);
  expect(dogs.map(({ camera }) => camera)).toEqual(['back', 'front']);
  expect(matchesOf(open(), rule('dog', { hours: '22:00-22:30' }), NOW)).toHaveLength(1);
  expect(matchesOf(open(), rule('cat'), NOW)).toEqual([]);

  const bodies: Record<string, unknown>[] = [];
  const taking = transport((body) => bodies.push(JSON.parse(body) as Record<string, unknown>));
  const how = { now: NOW, signal };
  expect(await sendTest(open(), rule('dog'), dogs, [taking], how)).toEqual([{ transport: 'webhook', accepted: true }]);
  expect(bodies[0]).toMatchObject({
    ...{ event: 'match', test: true, words: 'dog', camera: 'back', matches: 1 },
    cues: [{ text: 'A dog' }],
    picture: expect.stringMatching(/^data:image\/jpeg;base64,/),
  });
  await sendTest(open(), rule('cat', { camera: 'back' }), [], [taking], how);
  expect(bodies[1]).toMatchObject({ test: true, camera: 'back', file: null, matches: 0, cues: [], picture: null });
  const refusing = transport(() => {
    throw new Error('it is full');
  });
  expect(await sendTest(open(), rule('dog'), dogs, [refusing], how)).toEqual([
    { transport: 'webhook', accepted: false, reason: 'it is full' },
  ]);
});
