import path from 'node:path';
import { pull } from '../../services/models/manage-models.ts';
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
  | 'POST /models/{name}/pull'
>;

/** Work beside captioning: copies of videos, single moments, models. */
export function jobRoutes(site: Site): JobRoutes {
  const { store, jobs, moments } = site;
  return {
    'POST /videos/{id}/recaption': ({ params: { id }, body }) => moments.recaption(store.get(id), body),
    'GET /videos/{id}/explanation': async ({ params: { id }, query: { at }, response }) => {
      const drawing = await moments.explain(store.get(id), at);
      response.type('image/png').set('cache-control', 'private, max-age=3600').send(drawing);
    },
    'POST /videos/{id}/renders': ({ params: { id }, body }) => addRender(site, id, body),
    'GET /jobs': () => ({ jobs: jobs.list() }),
    'GET /jobs/{id}': ({ params: { id } }) => jobs.get(id),
    'DELETE /jobs/{id}': ({ params: { id } }) => jobs.remove(id),
    'GET /jobs/{id}/file': async ({ params: { id }, response }) => {
      const file = jobs.fileOf(id);
      await sendFile(response, file, { type: 'application/octet-stream', download: path.basename(file) });
    },
    'POST /models/{name}/pull': ({ params: { name }, body: { acceptLicence } }) =>
      jobs.add({
        kind: 'pull',
        name,
        run: async ({ signal, progress }) => {
          let tried = '';
          await pull(
            name,
            { acceptLicence },
            {
              signal,
              onProgress: (file, done, total) => progress(total === undefined ? undefined : done / total, file),
              onTried: (message) => {
                tried = message;
              },
            },
          );
          return { message: tried };
        },
      }),
  };
}
