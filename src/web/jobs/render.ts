import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { burnTrack } from '../../pipeline/media/burn.ts';
import { BURN_CONTAINERS, CHAPTER_CONTAINERS, MUX_CONTAINERS } from '../../pipeline/media/containers.ts';
import { chapterList, embedChapters } from '../../pipeline/media/embed-chapters.ts';
import { muxTrack } from '../../pipeline/media/mux.ts';
import { makeProxy } from '../../pipeline/media/proxy.ts';
import { outputError } from '../../storage/errors.ts';
import type { Job } from '../api/schemas/job.ts';
import { RefusedRequestError } from '../errors.ts';
import { stemOf } from '../http/download-name.ts';
import type { Site } from '../routes/site.ts';
import type { StoredVideo } from '../store/documents.ts';
import { exportTrack } from '../videos/export-track.ts';
import { withMedia } from '../videos/with-media.ts';
import type { JobHost, JobResult, RenderRequest } from './job-work.ts';

/** What copies are made with. */
export type RenderParts = Pick<Site, 'store' | 'data' | 'lists' | 'edits' | 'guides' | 'view' | 'hub'>;

/** Writes what ffmpeg puts into a copy; returns the file. */
async function writePart(folder: string, name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
    throw outputError(error, `write ${file}`);
  });
  return file;
}

async function writeTrack(parts: RenderParts, video: StoredVideo, folder: string, format: 'vtt' | 'srt' | 'ass') {
  const text = await exportTrack(video, await parts.edits.cues(video.id), format);
  return writePart(folder, `track.${format}`, text);
}

const SUFFIXES = { mux: 'captions', burn: 'burned', chapters: 'chapters', proxy: 'proxy' } as const;

/** The name of a copy: the video's, without what a path or a header could take for something else. */
function nameOf(video: StoredVideo, { kind, container }: RenderRequest): string {
  const stem = stemOf(video).replace(/[^\p{L}\p{N} ._-]/gu, '_');
  return `${stem.slice(0, 100) || 'video'}.${SUFFIXES[kind]}.${container}`;
}

async function copy(
  parts: RenderParts,
  id: string,
  request: RenderRequest,
  { folder, signal, progress }: JobHost,
): Promise<JobResult> {
  const video = parts.store.get(id);
  const { kind, container } = request;
  const extension = `.${container}`;
  const file = nameOf(video, request);
  const target = path.join(folder, file);
  const notes = await withMedia(parts, video, signal, async (source, media) => {
    if (kind === 'burn') {
      const track = await writeTrack(parts, video, folder, 'ass');
      return burnTrack(source, media, track, target, extension, signal, progress);
    }
    const chapters = CHAPTER_CONTAINERS[extension];
    if (kind === 'chapters' && chapters !== undefined) {
      const { guide } = await parts.guides.read(id);
      const list = await writePart(folder, 'chapters.txt', chapterList(guide.steps));
      return embedChapters(source, media, list, target, chapters, signal);
    }
    const text = MUX_CONTAINERS[extension]?.text === 'vtt' ? 'vtt' : 'srt';
    const track = await writeTrack(parts, video, folder, text);
    const { kind: what = 'descriptions', language = 'en' } = video.options;
    return muxTrack(source, media, { file: track, kind: what, language }, target, extension, signal, progress);
  });
  return { file, ...(notes.length === 0 ? {} : { message: notes.join('; ') }) };
}

async function proxy(parts: RenderParts, id: string, { folder, signal, progress }: JobHost): Promise<JobResult> {
  const { store, data, view, hub } = parts;
  const video = store.get(id);
  const temp = path.join(folder, 'proxy.mp4');
  await withMedia(parts, video, signal, (source, media) => makeProxy(source, media, temp, signal, progress));
  await rename(temp, data.proxy(id));
  hub.publish('video', { video: view(store.update(id, { proxy: true })) }, id);
  return {};
}

const CONTAINERS: Readonly<Record<RenderRequest['kind'], Readonly<Record<string, unknown>> | undefined>> = {
  mux: MUX_CONTAINERS,
  burn: BURN_CONTAINERS,
  chapters: CHAPTER_CONTAINERS,
  proxy: undefined,
};

/** Queues a copy of a video. Throws a RefusedRequestError for a container that cannot take the track, `video-unknown`. */
export function addRender(parts: Pick<Site, 'store' | 'jobs'>, id: string, request: RenderRequest): Promise<Job> {
  const { kind, container } = request;
  const containers = CONTAINERS[kind];
  if (containers !== undefined && containers[`.${container}`] === undefined) {
    throw new RefusedRequestError(`${container} is no container for this`, [
      { pointer: '/body/container', detail: 'cannot take the track' },
    ]);
  }
  const { name } = parts.store.get(id);
  return parts.jobs.add({ name, video: id, work: request });
}

/** Makes a copy of a video. */
export function runRender(parts: RenderParts, id: string, request: RenderRequest, host: JobHost): Promise<JobResult> {
  return request.kind === 'proxy' ? proxy(parts, id, host) : copy(parts, id, request, host);
}
