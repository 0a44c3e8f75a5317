import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readChapters } from '../../src/ingest/probe/chapters.ts';
import { probe } from '../../src/ingest/probe/probe.ts';
import { film } from '../cli/support/films.ts';
import { benches } from '../cli/support/room.ts';
import { readStream, startServer, type TestServer } from './support/server.ts';

const bench = benches(async (folder) => {
  await film(path.join(folder, 'how-to.mp4'));
  await writeFile(path.join(folder, 'how-to.srt'), '1\n00:00:00,100 --> 00:00:01,900\nOpen the box.\n');
});
const signal = AbortSignal.timeout(300_000);

let server: TestServer;
let films: string;
let folder: string;
let id: string;
beforeAll(async () => {
  const made = await bench('steps');
  films = made.shared;
  folder = made.folder;
  const args = ['--model', made.bundle, '--folder', films, '--data', path.join(folder, 'data')];
  server = await startServer(args, { cwd: folder, env: made.env });
  const source = { path: path.join(films, 'how-to.mp4') };
  const { videos } = await server.client('POST /videos', { body: { source } });
  id = videos[0]?.id ?? '';
  await server.settled(id, 'done', 'failed');
});
afterAll(() => server.stop());

async function jobDone(job: { readonly id: string }) {
  const stream = await readStream(`${server.api}/events`, undefined);
  const over = (state: string): boolean => state === 'done' || state === 'failed';
  const now = await server.client('GET /jobs/{id}', { params: { id: job.id } });
  const ended = over(now.state)
    ? now
    : (await stream.next('job', (data) => data.job.id === job.id && over(data.job.state))).job;
  stream.close();
  expect(ended.problem).toBeUndefined();
  return ended;
}

const read = () => server.client('GET /videos/{id}/steps', { params: { id } });

test('steps are found, with their words and pictures', async () => {
  await expect(read()).rejects.toMatchObject({ problem: { code: 'not-there', status: 404 } });
  const body = { minStep: 1, maxStep: 10 };
  const { message } = await jobDone(await server.client('POST /videos/{id}/steps', { params: { id }, body }));
  expect(message).toBe('3 steps');
  const guide = await read();
  expect(guide).toMatchObject({ title: 'How to', duration: expect.closeTo(6, 0) });
  expect(guide.steps.map(({ start, title }) => [Math.round(start), title])).toEqual([
    [0, 'Open the box'],
    [2, expect.stringContaining('green')],
    [4, expect.stringContaining('blue')],
  ]);
  for (const { picture, start, end } of guide.steps) {
    expect(picture?.time).toBeGreaterThanOrEqual(start);
    expect(picture?.time).toBeLessThan(end);
    const name = picture?.name ?? '';
    const shown = await fetch(`${server.api}/videos/${id}/steps/pictures/${name}`);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  }
  const outside = await fetch(`${server.api}/videos/${id}/steps/pictures/..%2Fsteps.json`);
  expect(outside.status).toBe(400);
});

test('they can be saved as they were read', async () => {
  const guide = await read();
  const call = { params: { id }, body: guide, ifMatch: guide.revision };
  const saved = await server.client('PUT /videos/{id}/steps', call);
  expect({ ...saved, revision: '' }).toEqual({ ...guide, revision: '' });
});

test('they are renamed and moved, get the picture that was chosen, and a picture that fits', async () => {
  const { revision, title, steps } = await read();
  const [one, two, three] = steps;
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three steps');
  const stream = await readStream(`${server.api}/events`);
  const changed = [
    { ...one, title: 'Open <b>it</b>', end: 1, picture: { time: 0.5 } },
    { ...two, start: 1, picture: { time: two.picture?.time ?? 0 } },
    // Its picture is that of the step before: another one is taken.
    { ...three, picture: { time: 1 } },
  ];
  const save = (ifMatch: string, body = { title, steps: changed }) =>
    server.client('PUT /videos/{id}/steps', { params: { id }, body, ifMatch });
  const saved = await save(revision);
  expect(saved.steps.map(({ start, end, title: name }) => [start, Math.round(end), name])).toEqual([
    [0, 1, 'Open <b>it</b>'],
    [1, 4, two.title],
    [three.start, 6, three.title],
  ]);
  expect(saved.steps[0]?.picture?.time).toBeCloseTo(0.5, 1);
  expect(saved.steps[1]?.picture).toEqual(two.picture);
  expect(saved.steps[2]?.picture?.time).toBeGreaterThanOrEqual(three.start);
  expect(await read()).toEqual(saved);
  await stream.next('steps', (data) => data.id === id && data.revision === saved.revision);
  stream.close();

  await expect(save(revision)).rejects.toMatchObject({ problem: { code: 'edits-conflict', status: 412 } });
  const overlapping = { title, steps: [{ ...one, picture: undefined, end: 5 }, changed[1] as typeof two] };
  await expect(save(saved.revision, overlapping as never)).rejects.toMatchObject({
    problem: { code: 'steps-invalid', status: 422 },
  });
  expect(await read()).toEqual(saved);
});

test('steps that are found again take the place of edited ones, which are kept and can be brought back', async () => {
  const find = async () =>
    jobDone(
      await server.client('POST /videos/{id}/steps', { params: { id }, body: { minStep: 1, maxStep: 10, passes: 1 } }),
    );
  const replaced = async () => (await server.client('GET /videos/{id}/steps/replaced', { params: { id } })).guides;
  const titles = (guide: { readonly steps: readonly { readonly title: string }[] }) =>
    guide.steps.map(({ title }) => title);
  const edited = await read();
  const begun = Date.now();
  await find();
  expect(titles(await read())).not.toEqual(titles(edited));
  const [kept, ...none] = await replaced();
  expect(none).toEqual([]);
  if (kept === undefined) throw new Error('the edited steps are lost');
  expect(kept.title).toBe(edited.title);
  expect(Date.parse(kept.replaced)).toBeGreaterThanOrEqual(begun);
  expect(kept.steps).toEqual(
    edited.steps.map(({ picture, ...step }) => ({ ...step, picture: { time: picture?.time } })),
  );

  // Steps that nobody has edited can be found again, and are not kept.
  await find();
  expect(await replaced()).toEqual([kept]);

  const other = await read();
  const body = { title: 'Mine', steps: other.steps.map(({ picture: _, ...step }) => step) };
  await server.client('PUT /videos/{id}/steps', { params: { id }, body, ifMatch: other.revision });
  await find();
  expect((await replaced()).map(({ title }) => title)).toEqual(['Mine', edited.title]);

  const { revision } = await read();
  const back = await server.client('PUT /videos/{id}/steps', {
    params: { id },
    body: kept,
    ifMatch: revision,
  });
  expect({ ...back, revision: '' }).toEqual({ ...edited, revision: '' });
  for (const { picture } of back.steps) {
    const shown = await fetch(`${server.api}/videos/${id}/steps/pictures/${picture?.name}`);
    expect([shown.status, (await shown.arrayBuffer()).byteLength > 100]).toEqual([200, true]);
  }
});

test('the guide is exported, and the video with its steps as chapters', async () => {
  const text = async (format: string) => (await fetch(`${server.api}/videos/${id}/guide?format=${format}`)).text();
  const html = await text('html');
  expect(html).toContain('Open &#60;b&#62;it&#60;/b&#62;');
  expect(html.match(/data:image\/jpeg/g)).toHaveLength(3);
  expect(await text('chapters')).toMatch(/^WEBVTT\n[\s\S]*00:00:00\.000 --> 00:00:01\.000\nOpen &lt;b&gt;it/);
  expect(await text('list')).toMatch(/^0:00 Open <b>it<\/b>\n0:01 /);
  const markdown = await text('md');
  expect(markdown).toContain('## 1. Open \\<b\\>it\\</b\\>');
  expect(markdown.match(/^\[picture-\d\]: data:image\/jpeg;base64,/gm)).toHaveLength(3);
  expect(markdown.match(/!\[[^\]]*\]\[picture-\d\]/g)).toHaveLength(3);
  const named = await fetch(`${server.api}/videos/${id}/guide?format=md`);
  expect(named.headers.get('content-disposition')).toBe('attachment; filename=how-to.guide.md');
  expect(JSON.parse(await text('json'))).toMatchObject({
    format: 'secondglance-steps',
    source: { video: 'how-to.mp4' },
  });

  const body = { kind: 'chapters', container: 'mkv' } as const;
  const job = await jobDone(await server.client('POST /videos/{id}/renders', { params: { id }, body }));
  expect(job.file).toBe('how-to.chapters.mkv');
  const copy = path.join(folder, 'copy.mkv');
  const file = await fetch(`${server.api}/jobs/${job.id}/file`);
  await writeFile(copy, Buffer.from(await file.arrayBuffer()));
  const source = { kind: 'file', input: copy, name: 'copy.mkv', label: copy } as const;
  const chapters = await readChapters(source, await probe(source, { signal }), signal);
  expect(chapters.map(({ title }) => title)).toEqual(['Open <b>it</b>', expect.any(String), expect.any(String)]);
  const webm = { kind: 'chapters', container: 'webm' } as const;
  await expect(server.client('POST /videos/{id}/renders', { params: { id }, body: webm })).rejects.toMatchObject({
    problem: { code: 'request-refused', status: 422 },
  });
});
