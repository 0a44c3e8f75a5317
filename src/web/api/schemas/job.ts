import { z } from 'zod';
import { jobId, timestamp, videoId } from './common.ts';
import { videoProblem } from './videos.ts';

/** Work beside captioning. */
export const job = z.object({
  id: jobId,
  /**
   * `mux`: a copy of the video with the track in it; `burn`: with the track drawn; `chapters`: with the
   * steps as its chapters; `proxy`: one that browsers play; `steps`: the steps of a guide are found; `pull`: a model.
   */
  kind: z.enum(['mux', 'burn', 'chapters', 'proxy', 'steps', 'pull']),
  /** Of the video, or of the model. */
  name: z.string(),
  video: videoId.optional(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  /** 0 to 1, where it is known. */
  progress: z.number().optional(),
  added: timestamp,
  /** What it came to, or what it does now. */
  message: z.string().optional(),
  problem: videoProblem.optional(),
  /** The name of the file at `/jobs/{id}/file`. */
  file: z.string().optional(),
});
/** Work beside captioning. */
export type Job = z.infer<typeof job>;

/** Jobs, newest first: those that wait or run, and the last hundred that have ended. They outlast the server. */
export const jobList = z.object({ jobs: z.array(job) });

/** A copy of the video, with the edits where there are some. */
export const newRender = z.strictObject({
  kind: z.enum(['mux', 'burn', 'chapters', 'proxy']),
  container: z.enum(['mp4', 'mkv', 'webm']).default('mp4'),
});
