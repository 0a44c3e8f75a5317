import { signal } from '@preact/signals';
import type { Job } from '../../../src/web/api/schemas/job.ts';
import { onEvent } from './live-events.ts';
import { api } from './server.ts';

/** Work beside captioning, newest first. */
export const jobs = signal<readonly Job[]>([]);

/** Takes in what the server says of a job. */
export function rememberJob(job: Job): void {
  const there = jobs.value.some(({ id }) => id === job.id);
  jobs.value = there ? jobs.value.map((one) => (one.id === job.id ? job : one)) : [job, ...jobs.value];
}

/** Loads the jobs. */
export async function loadJobs(): Promise<void> {
  const list = await api('GET /jobs').catch(() => undefined);
  if (list !== undefined) jobs.value = list.jobs;
}

/** Loads the jobs, and keeps them up to date. */
export function followJobs(): void {
  onEvent('job', ({ job }) => rememberJob(job));
  onEvent('job-removed', ({ id }) => forgetJob(id));
  onEvent('reset', () => void loadJobs());
  void loadJobs();
}

function forgetJob(id: string): void {
  jobs.value = jobs.value.filter((job) => job.id !== id);
}

/** Cancels a job that has not ended, which can then be retried; removes one that has, with its file. */
export async function removeJob({ id, state }: Job): Promise<void> {
  await api('DELETE /jobs/{id}', { params: { id } });
  if (state !== 'queued' && state !== 'running') forgetJob(id);
}

/** Has a job done again that failed or was cancelled. */
export async function retryJob(id: string): Promise<void> {
  rememberJob(await api('POST /jobs/{id}/retry', { params: { id } }));
}

/** The jobs of a video, newest first. */
export function jobsOf(video: string): readonly Job[] {
  return jobs.value.filter((job) => job.video === video);
}
