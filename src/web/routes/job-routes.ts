import { WebError } from '../errors.ts';
import type { Handlers } from '../http/route-table.ts';

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

function later(): never {
  throw new WebError('not-there', 'this server cannot do that yet');
}

/** Work beside captioning. */
export function jobRoutes(): JobRoutes {
  return {
    'POST /videos/{id}/recaption': later,
    'GET /videos/{id}/explanation': later,
    'POST /videos/{id}/renders': later,
    'GET /jobs': () => ({ jobs: [] }),
    'GET /jobs/{id}': later,
    'DELETE /jobs/{id}': later,
    'GET /jobs/{id}/file': later,
    'POST /models/{name}/pull': later,
  };
}
