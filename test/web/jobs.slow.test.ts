import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Job } from '../../src/web/api/schemas/job.ts';
import { film } from '../cli/support/films.ts';
import { makeFolder } from '../support/videos.ts';
import { gatedCaptioner } from './support/gated-captioner.ts';
import { readStream, startServer, type TestServer } from './support/server.ts';

async function inState(server: TestServer, id: string, ...states: Job['state'][]): Promise<Job> {
  const stream = await readStream(`${server.api}/events`);
  try {
    const now = await server.client('GET /jobs/{id}', { params: { id } });
    if (states.includes(now.state)) return now;
    return (await stream.next('job', ({ job }) => job.id === id && states.includes(job.state))).job;
  } finally {
    stream.close();
  }
}

test('a server that is killed or stopped goes on with its jobs, and keeps the files of those that are done', async () => {
  const folder = await makeFolder();
  const gate = await gatedCaptioner(folder.path);
  await film(path.join(folder.path, 'how-to.mp4'));
  const data = path.join(folder.path, 'data');
  const begin = () =>
    startServer(['--model', gate.model, '--folder', folder.path, '--data', data], { cwd: folder.path, env: {} });
  let server = await begin();
  try {
    await gate.open(100);
    const body = { source: { path: path.join(folder.path, 'how-to.mp4') } };
    const [video] = (await server.client('POST /videos', { body })).videos;
    const params = { id: video?.id ?? '' };
    await server.settled(params.id, 'done');
    const steps = () =>
      server.client('POST /videos/{id}/steps', { params, body: { minStep: 1, maxStep: 10, passes: 1 } });
    const mux = () => server.client('POST /videos/{id}/renders', { params, body: { kind: 'mux', container: 'mkv' } });
    const retry = (id: string) => server.client('POST /jobs/{id}/retry', { params: { id } });
    const copy = await inState(server, (await mux()).id, 'done', 'failed');
    expect(copy).toMatchObject({ state: 'done', file: 'how-to.captions.mkv' });

    await gate.open(-1);
    const killed = await steps();
    await inState(server, killed.id, 'running');
    await server.stop('SIGKILL');
    server = await begin();
    const [listed, kept, ...none] = (await server.client('GET /jobs')).jobs;
    expect(none).toEqual([]);
    expect(kept).toEqual(copy);
    expect((await fetch(`${server.api}/jobs/${copy.id}/file`)).status).toBe(200);
    expect(listed).toMatchObject({ id: killed.id, kind: 'steps', state: expect.stringMatching(/^(queued|running)$/) });

    // One behind it is cancelled, and retried; what waits or runs cannot be.
    const second = await mux();
    await server.client('DELETE /jobs/{id}', { params: { id: second.id } });
    expect(await retry(second.id)).toMatchObject({ id: second.id, state: 'queued' });
    await expect(retry(second.id)).rejects.toMatchObject({ problem: { status: 409, code: 'job-state' } });
    await inState(server, killed.id, 'running');
    await server.stop();
    server = await begin();
    await gate.open(100);
    expect(await inState(server, killed.id, 'done', 'failed')).toMatchObject({ state: 'done' });
    expect(await inState(server, second.id, 'done', 'failed')).toMatchObject({ state: 'done' });
    expect(await server.client('GET /videos/{id}/steps', { params })).toHaveProperty('steps.0.title');

    // A job that may be the reason why the server ends is not begun for ever.
    await server.stop();
    const file = path.join(data, 'jobs', second.id, 'job.json');
    const stored = JSON.parse(await readFile(file, 'utf8')) as { job: Job; begun: number };
    await writeFile(file, JSON.stringify({ ...stored, job: { ...stored.job, state: 'running' }, begun: 3 }));
    await writeFile(path.join(data, 'jobs', 'stray'), '');
    server = await begin();
    expect(await server.client('GET /jobs/{id}', { params: { id: second.id } })).toMatchObject({
      state: 'failed',
      problem: { code: 'job-interrupted', retryable: true },
    });
    expect(server.log()).toContain('stray');
    await retry(second.id);
    expect(await inState(server, second.id, 'done', 'failed')).toMatchObject({ state: 'done' });
    expect(await retry(copy.id).catch(({ problem }) => problem)).toMatchObject({ code: 'job-state' });
  } finally {
    await server.stop();
    await folder.remove();
  }
});
