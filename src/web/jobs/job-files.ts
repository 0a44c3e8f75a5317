import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf } from '../../core/errors.ts';
import type { Log } from '../../services/service.ts';
import { writePrivateFile } from '../../storage/file-sink.ts';
import type { Job } from '../api/schemas/job.ts';
import type { JobWork } from './job-work.ts';

/** In the folder of each job. */
const FILE = 'job.json';
const VERSION = 1;

/** A job as it is stored. */
export interface StoredJob {
  readonly job: Job;
  readonly work: JobWork;
  /** How often it has begun. */
  readonly begun: number;
}

/** Jobs on disk: a folder each, with the job and the file that it made. */
export class JobFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  folder(id: string): string {
    return path.join(this.#root, id);
  }

  /** Stores a job, so that a server that starts again knows it. Throws an OutputError. */
  async write({ job, work, begun }: StoredJob): Promise<void> {
    await mkdir(this.folder(job.id), { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify({ version: VERSION, job, work, begun })}\n`;
    await writePrivateFile(path.join(this.folder(job.id), FILE), text);
  }

  /** Removes what a job that did not end has made. */
  async empty(id: string): Promise<void> {
    const folder = this.folder(id);
    const made = (await readdir(folder)).filter((name) => name !== FILE);
    await Promise.all(made.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
  }

  async remove(id: string): Promise<void> {
    await rm(this.folder(id), { recursive: true, force: true });
  }

  /** All jobs, oldest first. What is no job is removed, and said. */
  async readAll(log: Log): Promise<StoredJob[]> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const found: StoredJob[] = [];
    for (const id of await readdir(this.#root)) {
      try {
        const read = JSON.parse(await readFile(path.join(this.folder(id), FILE), 'utf8')) as StoredJob & {
          readonly version: number;
        };
        if (read.version !== VERSION || read.job.id !== id) throw new Error('it is of another version');
        found.push({ job: read.job, work: read.work, begun: read.begun });
      } catch (error) {
        log.warn({ job: id, reason: sentenceOf(error) }, 'a job cannot be read, and is removed');
        await this.remove(id);
      }
    }
    return found.sort((a, b) => (a.job.added < b.job.added ? -1 : 1));
  }
}
