import path from 'node:path';
import { sendContent } from '../http/conditions.ts';
import type { Handlers } from '../http/route-table.ts';
import { sendFile } from '../http/send-file.ts';
import { addRender } from '../jobs/render.ts';
import type { Site } from './site.ts';

type JobRoutes = Pick<
  Handlers,
  | 'POST /videos/{id}/recaption'
  | 'GET /videos/{id}/explanation'
  | 'POST /videos/{id}/renders'
  | 'GET /jobs'
  | 'GET /jobs/{id}'
  | 'DELETE /jobs/{id}'
  | 'GET /jobs/{id}/file'
  | 'POST /jobs/{id}/retry'
  | 'POST /models/{name}/pull'
>;

/** Work beside captioning: copies of videos, single moments, models. */
export function jobRoutes(site: Site): JobRoutes {
  const { store, jobs, moments } = site;
  return {
    'POST /videos/{id}/recaption': ({ params: { id }, body }) => moments.recaption(store.get(id), body),
    'GET /videos/{id}/explanation': async ({ params: { id }, query: { at }, response }) => {
      const drawing = await moments.explain(store.get(id), at);
      sendContent(response, drawing, { type: 'image/png', cache: 'private, max-age=3600' });
    },
    'POST /videos/{id}/renders': ({ params: { id }, body }) => addRender(site, id, body),
    'GET /jobs': () => ({ jobs: jobs.list() }),
    'GET /jobs/{id}': ({ params: { id } }) => jobs.get(id),
    'DELETE /jobs/{id}': ({ params: { id } }) => jobs.remove(id),
    'GET /jobs/{id}/file': async ({ params: { id }, response }) => {
      const file = jobs.fileOf(id);
      await sendFile(response, file, { type: 'application/octet-stream', download: path.basename(file) });
    },
    'POST /jobs/{id}/retry': ({ params: { id } }) => jobs.retry(id),
    'POST /models/{name}/pull': ({ params: { name }, body: { acceptLicence } }) =>
      jobs.add({ name, work: { kind: 'pull', acceptLicence } }),
  };
}
