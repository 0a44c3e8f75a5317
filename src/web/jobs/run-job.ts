import { pull } from '../../services/models/manage-models.ts';
import type { JobHost, JobResult, JobRunner } from './job-work.ts';
import { type RenderParts, runRender } from './render.ts';

async function pullModel(name: string, acceptLicence: boolean, { signal, progress }: JobHost): Promise<JobResult> {
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
}

/** Does the work of every kind of job. */
export function jobRunner(parts: RenderParts): JobRunner {
  return ({ name, video = '' }, work, host) => {
    if (work.kind === 'pull') return pullModel(name, work.acceptLicence, host);
    if (work.kind === 'steps') return parts.guides.find(video, work.request, host);
    return runRender(parts, video, work, host);
  };
}
