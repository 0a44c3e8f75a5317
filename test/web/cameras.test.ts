import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addRule, readRules } from '../../src/archive/alerts/alert-rules.ts';
import { addLiveCue } from '../../src/archive/index/live-cues.ts';
import { escapeHtml } from '../../src/core/text/html.ts';
import { openMedia } from '../../src/ingest/open-media.ts';
import type { Archive } from '../archive/support/archive.ts';
import { type Receiver, startWebhook } from '../archive/support/receivers.ts';
import { makeFolder } from '../support/videos.ts';
import { cameraArchive, MARKUP_CAMERA } from './support/camera-archive.ts';
import { readStream, startServer, type TestServer } from './support/server.ts';

let folder: { path: string; remove: () => Promise<void> };
let archive: Archive;
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  folder = await makeFolder();
  // No browser plays MPEG-4 part 2, and many recorders write it.
  archive = await cameraArchive(folder.path, ['-c:v', 'mpeg4', '-g', '20']);
  receiver = await startWebhook();
  server = await startServer(['--state', archive.file, '--data', path.join(folder.path, 'data')], {
    cwd: folder.path,
    env: { SECONDGLANCE_WEBHOOK: `http://127.0.0.1:${receiver.port}/hook` },
  });
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
  archive?.db.close();
  await folder?.remove();
});

const sightings = (query: Record<string, unknown>) =>
  server.client('GET /sightings', { query: query as { words: string } });

test('cameras, what each saw last, and news of them as they come', async () => {
  const { zone, cameras } = await server.client('GET /cameras');
  expect(zone).toBe('Europe/Berlin');
  expect(cameras).toMatchObject([
    { name: MARKUP_CAMERA, state: 'idle', waiting: 0, latest: { text: 'A woman & a <i>cat</i>', picture: true } },
    { name: 'front', state: 'idle', latest: { text: 'An empty street', time: '2026-11-24T22:05:04.000+01:00' } },
  ]);
  const stream = await readStream(`${server.api}/events`);
  const start = Date.parse('2026-11-25T05:00:00Z');
  const seen = { camera: 'gate', start, end: start + 4000, text: 'A fox', confidence: 0.7, moving: true };
  await addLiveCue(archive.db, archive.file, seen);
  const { camera } = await stream.next('camera', (data) => data.camera.name === 'gate');
  expect(camera.latest).toMatchObject({ text: 'A fox', picture: false });
  expect(camera.latest).not.toHaveProperty('file');
  stream.close();
});

test('a day: recordings and moments of each camera, places from 0 to 1', async () => {
  const day = await server.client('GET /cameras/day', { query: { date: '2026-11-24' } });
  expect(day).toMatchObject({ date: '2026-11-24', zone: 'Europe/Berlin' });
  expect(day.hours.map(({ label }) => label)).toContain('12:00');
  const front = day.cameras.find(({ name }) => name === 'front');
  expect(front).toMatchObject({ recordings: 1, moments: 1, bars: [{ state: 'done' }] });
  expect(front?.bars[0]?.from).toBeCloseTo((22 * 60 + 5) / (24 * 60), 3);
  expect(front?.marks).toEqual([front?.seen[0]?.at]);
  expect(front?.seen).toMatchObject([{ times: 1, sighting: { text: 'A man walks a dog', camera: 'front' } }]);
  expect((await server.client('GET /cameras/day', { query: { date: '2020-01-01' } })).cameras).toEqual([]);
});

test('a search finds kinds, within times, and its pictures and clips are there', async () => {
  const found = await sightings({ words: 'person' });
  expect(found.sightings.map(({ text }) => text)).toEqual(['A woman & a <i>cat</i>', 'A man walks a dog']);
  expect(found.more).toBe(false);
  expect((await sightings({ words: 'person', limit: 1 })).more).toBe(true);
  expect((await sightings({ words: 'person', exact: '1' })).sightings).toEqual([]);
  const [dog] = (await sightings({ words: 'dog', camera: 'front', until: '2026-11-24 23:00' })).sightings;
  if (dog === undefined) throw new Error('nothing was found');
  expect(await server.client('GET /sightings/{id}', { params: { id: dog.id } })).toEqual(dog);
  const picture = await fetch(`${server.api}/sightings/${dog.id}/picture`);
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg']);

  const clip = await fetch(`${server.api}/sightings/${dog.id}/clip`);
  expect([clip.status, clip.headers.get('content-type')]).toEqual([200, 'video/mp4']);
  const file = path.join(folder.path, 'clip.mp4');
  await writeFile(file, Buffer.from(await clip.arrayBuffer()));
  const opened = await openMedia(
    { kind: 'file', input: file, name: 'clip.mp4', label: file },
    { signal: AbortSignal.timeout(30_000) },
  );
  expect(opened.media).toMatchObject({ codec: 'h264' });
  expect((opened.media.duration ?? 0) / 1e6).toBeCloseTo(6, 0);
  await opened.dispose();
  const part = await fetch(`${server.api}/sightings/${dog.id}/clip`, { headers: { range: 'bytes=0-9' } });
  expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10]);
});

test('what is seen in a live stream has a clip where another program has recorded it', async () => {
  const file = path.join(folder.path, 'recordings', 'front', 'one.mkv');
  const start = Date.parse('2026-11-26T05:00:00Z');
  const seen = {
    camera: 'yard',
    start: start + 2000,
    end: start + 3000,
    text: 'A heron',
    confidence: 0.7,
    moving: true,
  };
  await addLiveCue(archive.db, archive.file, { ...seen, segment: { file, start } });
  const [heron] = (await sightings({ words: 'heron' })).sightings;
  expect(heron).toMatchObject({ camera: 'yard', file });
  const clip = await fetch(`${server.api}/sightings/${heron?.id}/clip`);
  expect([clip.status, clip.headers.get('content-type')]).toEqual([200, 'video/mp4']);
});

test('a recording that is gone has no clip, and what is wrong with a request is said', async () => {
  const status = async (route: string) => {
    const response = await fetch(`${server.api}${route}`);
    const { code } = (await response.json()) as { code: string };
    return [response.status, code];
  };
  const [cat] = (await sightings({ words: 'cat' })).sightings;
  expect(await status(`/sightings/${cat?.id}/clip`)).toEqual([404, 'recording-gone']);
  expect(await status('/sightings/zzz/clip')).toEqual([404, 'no-such-hit']);
  expect(await status('/sightings/zzz/picture')).toEqual([404, 'sighting-unknown']);
  expect(await status('/sightings/..%2F..%2Fetc/picture')).toEqual([400, 'request-invalid']);
  expect(await status('/sightings?words=%22%22')).toEqual([422, 'nothing-to-search']);
  expect(await status('/sightings?words=dog&camera=nowhere')).toEqual([422, 'usage']);
  expect(await status('/sightings?words=dog&since=soon')).toEqual([422, 'usage']);
  expect(await status('/cameras/day?date=2026-13-40')).toEqual([422, 'usage']);
});

test('alert rules are kept in the archive, where watch and live find them; tabs hear of changes', async () => {
  const stream = await readStream(`${server.api}/events`);
  const { client } = server;
  const body = { words: 'person', camera: 'front', hours: '22:00-06:00' };
  const added = await client('POST /alert-rules', { body });
  expect(added).toEqual({ id: added.id, ...body, exact: false, minConfidence: 0.5 });
  expect(readRules(archive.db)).toEqual([added]);
  await stream.next('alert-rules', ({ rules }) => rules[0]?.id === added.id);
  const params = { id: added.id };
  expect(await client('GET /alert-rules/{id}', { params })).toEqual(added);
  // As it was read; and only where it is still what was read.
  expect(await client('PUT /alert-rules/{id}', { params, body: added, ifMatch: '*' })).toEqual(added);
  const outdated = client('PUT /alert-rules/{id}', { params, body: { words: 'dog' }, ifMatch: '"another"' });
  await expect(outdated).rejects.toMatchObject({ problem: { status: 412, code: 'precondition-failed' } });
  const changed = await client('PUT /alert-rules/{id}', { params: { id: added.id }, body: { words: 'dog' } });
  expect(await client('GET /alert-rules')).toEqual({ rules: [changed], destinations: ['webhook'], waiting: 0 });
  await client('DELETE /alert-rules/{id}', { params: { id: added.id } });
  await stream.next('alert-rules', ({ rules }) => rules.length === 0);
  stream.close();
  const refused = (body: { words: string; hours?: string }) => client('POST /alert-rules', { body });
  await expect(refused({ words: '?' })).rejects.toMatchObject({ problem: { code: 'nothing-to-search', status: 422 } });
  await expect(refused({ words: 'dog', hours: '25:00-06:00' })).rejects.toMatchObject({
    problem: { code: 'bad-time', status: 422 },
  });
  await expect(client('DELETE /alert-rules/{id}', { params: { id: added.id } })).rejects.toMatchObject({
    problem: { code: 'rule-unknown', status: 404 },
  });
});

test('a rule is tried: a message goes to the webhook, and nothing is stored', async () => {
  const start = Date.now() - 60_000;
  const seen = { camera: 'gate', start, end: start + 4000, text: 'A badger', confidence: 0.7, moving: true };
  await addLiveCue(archive.db, archive.file, seen);
  addRule(archive.db, { words: 'zebra', exact: false, minConfidence: 0.5 });
  const test = await server.client('POST /alert-rule-tests', { body: { words: 'badger' } });
  expect(test).toMatchObject({
    matches: 1,
    sightings: [{ text: 'A badger', camera: 'gate' }],
    deliveries: [{ destination: 'webhook', accepted: true }],
  });
  expect(receiver.received.map(({ body }) => body)).toEqual([
    expect.objectContaining({ event: 'match', test: true, words: 'badger', camera: 'gate', file: null, matches: 1 }),
  ]);
  expect(readRules(archive.db).map(({ words }) => words)).toEqual(['zebra']);
});

test('the report of a night is a page in which nothing runs', async () => {
  const report = await fetch(`${server.api}/cameras/report?since=2026-11-24%2018:00&until=2026-11-25%2008:00`);
  expect(report.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  const html = await report.text();
  expect(html).toContain('A man walks a dog');
  expect(html).toContain(escapeHtml(MARKUP_CAMERA));
  expect(html).not.toContain(MARKUP_CAMERA);
});

test('an archive that is not there yet, or comes back as another file, is read once it is there', async () => {
  const away = `${archive.file}.away`;
  await rename(archive.file, away);
  await expect(server.client('GET /cameras', {})).rejects.toMatchObject({
    problem: { code: 'state-missing', status: 404 },
  });
  await rename(away, archive.file);
  expect((await server.client('GET /cameras', {})).cameras.length).toBeGreaterThan(1);
});
