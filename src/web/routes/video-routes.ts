import { underGuard } from '../../ingest/access/guard.ts';
import { RefusedRequestError, WebError } from '../errors.ts';
import { streamEvents } from '../events/event-stream.ts';
import { sendContent } from '../http/conditions.ts';
import type { Handlers } from '../http/route-table.ts';
import { sendFile, sendPinned } from '../http/send-file.ts';
import { guardOf, sourceOf } from '../videos/video-source.ts';
import type { Site } from './site.ts';

/** Cursors are not for people: nothing may depend on what is in them. */
function toCursor(seq: number): string {
  return Buffer.from(`s${seq}`).toString('base64url');
}

function fromCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const [, seq] = /^s(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (seq === undefined) throw new RefusedRequestError('the cursor is not one that this server gave');
  return Number(seq);
}

type VideoRoutes = Pick<
  Handlers,
  | 'GET /videos'
  | 'POST /videos'
  | 'GET /videos/{id}'
  | 'DELETE /videos/{id}'
  | 'POST /videos/{id}/pause'
  | 'POST /videos/{id}/resume'
  | 'POST /videos/{id}/cancel'
  | 'POST /videos/{id}/retry'
  | 'GET /videos/{id}/captions'
  | 'GET /videos/{id}/pictures/{index}'
  | 'GET /videos/{id}/media'
  | 'GET /videos/{id}/proxy'
  | 'GET /videos/{id}/events'
  | 'GET /events'
>;

/** Videos, what is known of them, and what happens with them. */
export function videoRoutes({ store, library, view, hub, pictures, data, lists }: Site): VideoRoutes {
  return {
    'GET /videos': ({ query: { cursor, ...rest } }) => {
      const { videos, total, next } = store.list({ ...rest, before: fromCursor(cursor) });
      return { videos: videos.map(view), total, ...(next === undefined ? {} : { next: toCursor(next) }) };
    },
    'POST /videos': async ({ body: { source, options } }) => {
      const videos =
        'path' in source ? await library.addPath(source.path, options) : [await library.addUrl(source.url, options)];
      return { videos: videos.map(({ id }) => view(store.get(id))) };
    },
    'GET /videos/{id}': ({ params: { id } }) => view(store.get(id)),
    'DELETE /videos/{id}': ({ params: { id } }) => library.remove(id),
    'POST /videos/{id}/pause': ({ params: { id } }) => view(library.pause(id)),
    'POST /videos/{id}/resume': ({ params: { id } }) => view(library.resume(id)),
    'POST /videos/{id}/cancel': ({ params: { id } }) => view(library.cancel(id)),
    'POST /videos/{id}/retry': ({ params: { id } }) => view(library.retry(id)),

    'GET /videos/{id}/captions': ({ params: { id }, query: { from, limit } }) => {
      store.get(id);
      const captions = [...store.captions(id, from, limit)];
      const last = captions.at(-1);
      return { captions, ...(captions.length === limit && last !== undefined ? { next: last.index + 1 } : {}) };
    },
    'GET /videos/{id}/pictures/{index}': async ({ params: { id, index }, response }) => {
      const picture = await pictures.of(store.get(id), index);
      if (typeof picture === 'string') await sendFile(response, picture, { type: 'image/jpeg', maxAge: 86_400 });
      else sendContent(response, picture, { type: 'image/jpeg' });
    },
    'GET /videos/{id}/media': async ({ params: { id }, response }) => {
      const video = store.get(id);
      if (video.source.kind === 'url') {
        throw new WebError('not-there', `${video.name} is at an address: make a proxy of it (POST .../renders)`);
      }
      const guard = await guardOf(video, data, lists);
      await underGuard(guard, await sourceOf(video), async (source) => {
        if (source.limits?.relay !== undefined)
          throw new WebError('not-there', `${video.name} is a playlist: make a proxy of it`);
        await sendPinned(response, source.input, { type: video.media?.type ?? 'application/octet-stream' });
      });
    },
    'GET /videos/{id}/proxy': async ({ params: { id }, response }) => {
      const { proxy, name } = store.get(id);
      if (!proxy) throw new WebError('not-there', `${name} has no proxy yet: POST .../renders makes one`);
      await sendFile(response, data.proxy(id), { type: 'video/mp4' });
    },
    'GET /videos/{id}/events': ({ params: { id }, request, response }) => {
      store.get(id);
      streamEvents(hub, id, request, response);
    },
    'GET /events': ({ request, response }) => streamEvents(hub, undefined, request, response),
  };
}
