import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { underGuard } from '../../ingest/access/guard.ts';
import { openMedia } from '../../ingest/open-media.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { burnTrack } from '../../pipeline/media/burn.ts';
import { BURN_CONTAINERS, MUX_CONTAINERS } from '../../pipeline/media/containers.ts';
import { muxTrack } from '../../pipeline/media/mux.ts';
import { makeProxy } from '../../pipeline/media/proxy.ts';
import { outputError } from '../../storage/errors.ts';
import type { Job } from '../api/schemas/job.ts';
import { RefusedRequestError } from '../errors.ts';
import type { Site } from '../routes/site.ts';
import type { StoredVideo } from '../store/documents.ts';
import { exportTrack } from '../videos/export-track.ts';
import { guardOf, sourceOf } from '../videos/video-source.ts';
import type { JobHost, JobResult } from './job-list.ts';

type Parts = Pick<Site, 'store' | 'data' | 'lists' | 'edits' | 'jobs' | 'view' | 'hub'>;

/** How a video is copied. */
export interface RenderRequest {
  readonly kind: 'mux' | 'burn' | 'proxy';
  readonly container: 'mp4' | 'mkv' | 'webm';
}

async function withMedia<T>(
  { data, lists }: Parts,
  video: StoredVideo,
  signal: AbortSignal,
  act: (source: Source, media: MediaInfo) => Promise<T>,
): Promise<T> {
  const guard = await guardOf(video, data, lists);
  return underGuard(guard, await sourceOf(video), async (guarded) => {
    const opened = await openMedia(guarded, { signal });
    try {
      return await act(opened.source, opened.media);
    } finally {
      await opened.dispose();
    }
  });
}

async function writeTrack(parts: Parts, video: StoredVideo, folder: string, format: 'vtt' | 'srt' | 'ass') {
  const file = path.join(folder, `track.${format}`);
  const text = await exportTrack(video, await parts.edits.cues(video.id), format);
  await writeFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
    throw outputError(error, `write ${file}`);
  });
  return file;
}

/** The name of a copy: the video's, without what a path or a header could take for something else. */
function nameOf({ name }: StoredVideo, { kind, container }: RenderRequest): string {
  const stem = (name.split('/').at(-1) ?? '').replace(/\.[^.]{1,5}$/, '').replace(/[^\p{L}\p{N} ._-]/gu, '_');
  return `${stem.slice(0, 100) || 'video'}.${kind === 'burn' ? 'burned' : 'captions'}.${container}`;
}

async function copy(
  parts: Parts,
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
    const text = MUX_CONTAINERS[extension]?.text === 'vtt' ? 'vtt' : 'srt';
    const track = await writeTrack(parts, video, folder, text);
    const { kind: what = 'descriptions', language = 'en' } = video.options;
    return muxTrack(source, media, { file: track, kind: what, language }, target, extension, signal, progress);
  });
  return { file, ...(notes.length === 0 ? {} : { message: notes.join('; ') }) };
}

async function proxy(parts: Parts, id: string, { folder, signal, progress }: JobHost): Promise<JobResult> {
  const { store, data, view, hub } = parts;
  const video = store.get(id);
  const temp = path.join(folder, 'proxy.mp4');
  await withMedia(parts, video, signal, (source, media) => makeProxy(source, media, temp, signal, progress));
  await rename(temp, data.proxy(id));
  hub.publish('video', { video: view(store.update(id, { proxy: true })) }, id);
  return {};
}

/** Queues a copy of a video. Throws a RefusedRequestError for a container that cannot take the track, `video-unknown`. */
export function addRender(parts: Parts, id: string, request: RenderRequest): Job {
  const { kind, container } = request;
  const containers: Readonly<Record<string, unknown>> = kind === 'burn' ? BURN_CONTAINERS : MUX_CONTAINERS;
  if (kind !== 'proxy' && containers[`.${container}`] === undefined) {
    throw new RefusedRequestError(`${container} is no container for this`, [
      { pointer: '/body/container', detail: 'cannot take the track' },
    ]);
  }
  const { name } = parts.store.get(id);
  return parts.jobs.add({
    kind,
    name,
    video: id,
    run: (host) => (kind === 'proxy' ? proxy(parts, id, host) : copy(parts, id, request, host)),
  });
}
