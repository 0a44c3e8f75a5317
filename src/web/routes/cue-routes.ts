import { checkCues } from '../../pipeline/cues/check-cues.ts';
import { PROFILES } from '../../pipeline/cues/profiles.ts';
import { trackEnding } from '../../pipeline/subtitle-names.ts';
import type { Handlers } from '../http/route-table.ts';
import { sendFile } from '../http/send-file.ts';
import { roundedCues } from '../videos/edits.ts';
import { exportTrack, TRACK_TYPES } from '../videos/export-track.ts';
import type { Site } from './site.ts';

type CueRoutes = Pick<
  Handlers,
  | 'GET /videos/{id}/cues'
  | 'PUT /videos/{id}/edits'
  | 'DELETE /videos/{id}/edits'
  | 'GET /videos/{id}/track'
  | 'GET /videos/{id}/track.vtt'
  | 'POST /check'
>;

/** Cues: the model's, those that a person has edited, and tracks of them. */
export function cueRoutes({ store, edits, data }: Site): CueRoutes {
  return {
    'GET /videos/{id}/cues': async ({ params: { id }, query: { origin }, response }) => {
      const list = await edits.cues(id, origin);
      response.set('etag', `"${list.revision}"`);
      return list;
    },
    'PUT /videos/{id}/edits': async ({ params: { id }, body: { cues }, request, response }) => {
      const list = await edits.save(id, cues, request.get('if-match'));
      response.set('etag', `"${list.revision}"`);
      return list;
    },
    'DELETE /videos/{id}/edits': async ({ params: { id }, request, response }) => {
      const list = await edits.remove(id, request.get('if-match'));
      response.set('etag', `"${list.revision}"`);
      return list;
    },
    'GET /videos/{id}/track': async ({ params: { id }, query: { format, origin }, response }) => {
      const video = store.get(id);
      const list = await edits.cues(id, origin);
      const stem = video.name.replace(/\.[^./\\]{1,5}$/, '');
      const name = `${stem}.${trackEnding(format, video.options.language)}`;
      if (format === 'json' && list.origin === 'model' && list.complete) {
        // As it was written, with the captions of all keyframes.
        await sendFile(response, data.track(id, 'json'), { type: TRACK_TYPES.json, download: name });
        return;
      }
      const text = await exportTrack(video, list, format);
      response.attachment(name);
      response.set('content-type', TRACK_TYPES[format]).send(text);
    },
    'GET /videos/{id}/track.vtt': async ({ params: { id }, query: { origin }, response }) => {
      const text = await exportTrack(store.get(id), await edits.cues(id, origin), 'vtt');
      response.set('content-type', TRACK_TYPES.vtt).send(text);
    },
    'POST /check': ({ body: { cues, profile } }) => {
      const micros = (seconds: number): number => Math.round(seconds * 1000) * 1000;
      const read = roundedCues(cues).map(({ start, end, text }, at) => ({
        number: at + 1,
        start: micros(start),
        end: micros(end),
        lines: text.split('\n').filter((line) => line.trim() !== ''),
      }));
      const findings = [...checkCues(read, PROFILES[profile])];
      return {
        findings: findings
          .map(({ cue, rule, value, limit, unit }) => ({ cue: cue - 1, rule, value, limit, unit }))
          .sort((a, b) => a.cue - b.cue),
      };
    },
  };
}
