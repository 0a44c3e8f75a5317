import { cueById } from '../../archive/index/search-cues.ts';
import { pictureOf } from '../../archive/open-archive.ts';
import { reportOn } from '../../archive/report/make-report.ts';
import { searchIn } from '../../archive/search-archive.ts';
import { camerasOf, dayOf, sightingOf } from '../cameras/camera-answers.ts';
import { WebError } from '../errors.ts';
import { sendContent } from '../http/conditions.ts';
import type { Handlers } from '../http/route-table.ts';
import { sendFile } from '../http/send-file.ts';
import type { Site } from './site.ts';

type CameraRoutes = Pick<
  Handlers,
  | 'GET /cameras'
  | 'GET /cameras/day'
  | 'GET /cameras/report'
  | 'GET /sightings'
  | 'GET /sightings/{id}'
  | 'GET /sightings/{id}/picture'
  | 'GET /sightings/{id}/clip'
>;

/** A report is a page of its own: it shows the styles and pictures in it, and runs nothing. */
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/** Cameras, and what they saw. */
export function cameraRoutes({ archive, clips }: Site): CameraRoutes {
  return {
    'GET /cameras': () =>
      archive.use((open) => {
        return { zone: open.zone, cameras: camerasOf(open, Date.now()) };
      }),
    'GET /cameras/day': ({ query: { date } }) => archive.use((open) => dayOf(open, date, Date.now())),
    'GET /cameras/report': async ({ query, response }) => {
      const { html } = await archive.use((open) => reportOn(open, query));
      response.set('content-security-policy', REPORT_POLICY);
      sendContent(response, html, { type: 'text/html; charset=utf-8', cache: 'no-store' });
    },
    'GET /sightings': ({ query }) =>
      archive.use((open) => {
        const { hits, zone } = searchIn(open, query);
        return { zone, sightings: hits.map(({ hit }) => sightingOf(open, hit)), more: hits.length === query.limit };
      }),
    'GET /sightings/{id}': ({ params: { id } }) =>
      archive.use((open) => {
        const hit = cueById(open.db, id);
        if (hit === undefined) throw new WebError('sighting-unknown', `there is no sighting ${id}`);
        return sightingOf(open, hit);
      }),
    'GET /sightings/{id}/picture': async ({ params: { id }, response }) => {
      const picture = await archive.use(({ db, file }) => {
        const hit = cueById(db, id);
        return hit === undefined ? undefined : pictureOf(file, hit);
      });
      if (picture === undefined) throw new WebError('sighting-unknown', `there is no picture of a sighting ${id}`);
      await sendFile(response, picture, { type: 'image/jpeg', maxAge: 86_400 });
    },
    'GET /sightings/{id}/clip': async ({ params: { id }, response }) => {
      await sendFile(response, await clips.of(id), { type: 'video/mp4' });
    },
  };
}
