import path from 'node:path';
import type { Micros } from '../../core/types.ts';
import type { GuideStep } from '../../steps/guide/guide.ts';
import { LEAST_RATIO } from '../../steps/steps-settings.ts';
import type { ApiGuide, ReplacedSteps, Step } from '../api/schemas/steps.ts';
import { RefusedRequestError } from '../errors.ts';
import { sendContent } from '../http/conditions.ts';
import { stemOf } from '../http/download-name.ts';
import type { Handlers } from '../http/route-table.ts';
import { sendFile } from '../http/send-file.ts';
import type { StoredGuide } from '../steps/guides.ts';
import type { ReplacedGuide } from '../steps/replaced-guides.ts';
import type { Site } from './site.ts';

type StepRoutes = Pick<
  Handlers,
  | 'GET /videos/{id}/steps'
  | 'GET /videos/{id}/steps/replaced'
  | 'POST /videos/{id}/steps'
  | 'PUT /videos/{id}/steps'
  | 'GET /videos/{id}/steps/pictures/{name}'
  | 'GET /videos/{id}/guide'
>;

/** Types of exports, and what their names have after the video's. */
const EXPORTS = {
  html: ['text/html; charset=utf-8', 'guide.html'],
  md: ['text/markdown; charset=utf-8', 'guide.md'],
  chapters: ['text/vtt; charset=utf-8', 'chapters.vtt'],
  list: ['text/plain; charset=utf-8', 'chapters.txt'],
  json: ['application/json; charset=utf-8', 'steps.json'],
} as const;

function seconds(time: Micros): number {
  return time / 1e6;
}

/** A step as the API shows it, without its picture. */
function stepOf({ start, end, title, text, captions }: GuideStep): Omit<Step, 'picture'> {
  return {
    ...{ start: seconds(start), end: seconds(end), title, text },
    captions: captions.map((caption) => {
      return { time: seconds(caption.time), text: caption.text, confidence: caption.confidence };
    }),
  };
}

/** A guide as the API shows it. */
function guideOf({ guide: { title, source, steps }, revision }: StoredGuide): ApiGuide {
  return {
    ...{ revision, title, duration: seconds(source.duration) },
    steps: steps.map(({ picture, ...step }) => ({
      ...stepOf(step),
      ...(picture === undefined ? {} : { picture: { time: seconds(picture.time), name: path.basename(picture.file) } }),
    })),
  };
}

/** A guide that was replaced: as it is sent to bring it back. */
function replacedOf({ replaced, guide: { title, steps } }: ReplacedGuide): ReplacedSteps {
  return {
    ...{ replaced, title },
    steps: steps.map(({ picture, ...step }) => ({
      ...stepOf(step),
      ...(picture === undefined ? {} : { picture: { time: seconds(picture.time) } }),
    })),
  };
}

/** Step guides: find, edit, export. */
export function stepRoutes({ store, guides, jobs }: Site): StepRoutes {
  return {
    'GET /videos/{id}/steps': async ({ params: { id } }) => guideOf(await guides.read(id)),
    'GET /videos/{id}/steps/replaced': async ({ params: { id } }) => {
      return { guides: (await guides.replaced(id)).map(replacedOf) };
    },
    'POST /videos/{id}/steps': ({ params: { id }, body }) => {
      if (body.maxStep < LEAST_RATIO * body.minStep) {
        throw new RefusedRequestError('maxStep has to be at least twice minStep', [
          { pointer: '/body/maxStep', detail: 'is less than twice minStep' },
        ]);
      }
      const { name } = store.get(id);
      return jobs.add({ name, video: id, work: { kind: 'steps', request: body } });
    },
    'PUT /videos/{id}/steps': async ({ params: { id }, body, request }) =>
      guideOf(await guides.save(id, body, request.get('if-match'))),
    'GET /videos/{id}/steps/pictures/{name}': async ({ params: { id, name }, response }) => {
      await sendFile(response, guides.picture(id, name), { type: 'image/jpeg' });
    },
    'GET /videos/{id}/guide': async ({ params: { id }, query: { format }, response }) => {
      const text = await guides.export(id, format);
      const [type, ending] = EXPORTS[format];
      sendContent(response, text, { type, download: `${stemOf(store.get(id))}.${ending}` });
    },
  };
}
