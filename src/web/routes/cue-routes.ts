import { checkCues } from '../../pipeline/cues/check-cues.ts';
import { PROFILES } from '../../pipeline/cues/profiles.ts';
import { trackEnding } from '../../pipeline/subtitle-names.ts';
import { sendContent } from '../http/conditions.ts';
import { stemOf } from '../http/download-name.ts';
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
    'GET /videos/{id}/cues': ({ params: { id }, query: { origin } }) => edits.cues(id, origin),
    'PUT /videos/{id}/edits': ({ params: { id }, body: { cues }, request }) =>
      edits.save(id, cues, request.get('if-match')),
    'DELETE /videos/{id}/edits': ({ params: { id }, request }) => edits.remove(id, request.get('if-match')),
    'GET /videos/{id}/track': async ({ params: { id }, query: { format, origin }, response }) => {
      const video = store.get(id);
      const list = await edits.cues(id, origin);
      const name = `${stemOf(video)}.${trackEnding(format, video.options.language)}`;
      if (format === 'json' && list.origin === 'model' && list.complete) {
        // As it was written, with the captions of all keyframes.
        await sendFile(response, data.track(id, 'json'), { type: TRACK_TYPES.json, download: name });
        return;
      }
      const text = await exportTrack(video, list, format);
      sendContent(response, text, { type: TRACK_TYPES[format], download: name });
    },
    'GET /videos/{id}/track.vtt': async ({ params: { id }, query: { origin }, response }) => {
      const text = await exportTrack(store.get(id), await edits.cues(id, origin), 'vtt');
      sendContent(response, text, { type: TRACK_TYPES.vtt });
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
