import type { Job } from '../api/schemas/job.ts';
import type { StepsRequest } from '../api/schemas/steps.ts';

/** What a job reports while it works. */
export interface JobHost {
  readonly signal: AbortSignal;
  /** The folder of its files. */
  readonly folder: string;
  progress(share: number | undefined, message?: string): void;
}

/** What a job came to. */
export interface JobResult {
  readonly message?: string;
  /** The name of its file, in its folder. */
  readonly file?: string;
}

/** How a video is copied. */
export interface RenderRequest {
  readonly kind: 'mux' | 'burn' | 'chapters' | 'proxy';
  readonly container: 'mp4' | 'mkv' | 'webm';
}

/** What a job does, as it is stored: a server that starts again goes on with it. */
export type JobWork =
  | RenderRequest
  | { readonly kind: 'steps'; readonly request: StepsRequest }
  | { readonly kind: 'pull'; readonly acceptLicence: boolean };

/** Does the work of a job. */
export type JobRunner = (job: Job, work: JobWork, host: JobHost) => Promise<JobResult>;
