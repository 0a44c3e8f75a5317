import { z } from 'zod';
import {
  alertRule,
  alertRuleList,
  cameraDay,
  cameraList,
  dayQuery,
  newAlertRule,
  reportQuery,
  ruleId,
  ruleTest,
  sighting,
  sightingId,
  sightingList,
  sightingQuery,
} from './schemas/cameras.ts';
import { jobId, numberInQuery, videoId, wholeInQuery } from './schemas/common.ts';
import {
  checkRequest,
  checkResult,
  cueList,
  cueQuery,
  newEdits,
  recaption,
  recaptionRequest,
  trackQuery,
} from './schemas/cues.ts';
import { job, jobList, newRender } from './schemas/job.ts';
import { guide, guidePictureName, guideQuery, newGuide, replacedList, stepsRequest } from './schemas/steps.ts';
import { checks, folderList, folderQuery, login, modelList, pullRequest, session, system } from './schemas/system.ts';
import { addedVideos, captionList, captionQuery, newVideo, video, videoList, videoQuery } from './schemas/videos.ts';

/** What a route takes and answers. */
export interface Route {
  /** One line for the API's description. */
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The status of success: 200 by default. */
  readonly status?: number;
  /** JSON as this schema has it, or content of these types; absent where nothing comes back. */
  readonly response?: z.ZodType | { readonly types: readonly string[] };
  /** Answered without a session. */
  readonly open?: boolean;
  /** Needs If-Match, and refuses a revision that is not the last. */
  readonly ifMatch?: boolean;
  /** What conditions of a request that changes something are about, where that is not the nearest address above that is read. */
  readonly about?: `GET /${string}`;
}

const id = z.strictObject({ id: videoId });
const ofJob = z.strictObject({ id: jobId });
const ofRule = z.strictObject({ id: ruleId });
const ofSighting = z.strictObject({ id: sightingId });
const at = z.strictObject({ at: numberInQuery(0, 1e7) });
const EVENT_STREAM = { types: ['text/event-stream'] } as const;
const ANY_FILE = { types: ['application/octet-stream'] } as const;

/**
 * Every route: its method, and its path below `/api`. The server answers exactly these (and `/uploads`, which speaks tus);
 * openapi.json and the typed client are made from them.
 */
export const ROUTES = {
  'GET /session': { summary: 'Whether a password is asked for, and given', response: session, open: true },
  'POST /session': { summary: 'Log in', body: login, response: session, open: true },
  'DELETE /session': { summary: 'Log out', response: session, open: true },

  'GET /videos': { summary: 'Videos, newest first', query: videoQuery, response: videoList },
  'POST /videos': { summary: 'Add a file, a folder or a URL', body: newVideo, status: 201, response: addedVideos },
  'GET /videos/{id}': { summary: 'A video', params: id, response: video },
  'DELETE /videos/{id}': { summary: 'Remove a video, its track, its edits and its upload', params: id, status: 204 },
  'POST /videos/{id}/pause': { summary: 'Pause; what is captioned stays', params: id, response: video },
  'POST /videos/{id}/resume': { summary: 'Go on with a paused video', params: id, response: video },
  'POST /videos/{id}/cancel': { summary: 'Cancel', params: id, response: video },
  'POST /videos/{id}/retry': {
    summary: 'Caption again what failed, is partial or was cancelled',
    params: id,
    response: video,
  },
  'GET /videos/{id}/captions': {
    summary: 'Captions of keyframes so far',
    params: id,
    query: captionQuery,
    response: captionList,
  },
  'GET /videos/{id}/pictures/{index}': {
    summary: 'The picture of a keyframe that has a caption',
    params: z.strictObject({ id: videoId, index: wholeInQuery(0, 1e8) }),
    response: { types: ['image/jpeg'] },
  },
  'GET /videos/{id}/media': {
    summary: 'The video; takes ranges',
    params: id,
    response: { types: ['video/*', 'application/octet-stream'] },
  },
  'GET /videos/{id}/proxy': {
    summary: 'A copy that browsers play, once it was made; takes ranges',
    params: id,
    response: { types: ['video/mp4'] },
  },
  'GET /videos/{id}/events': { summary: 'What happens with a video', params: id, response: EVENT_STREAM },

  'GET /videos/{id}/cues': {
    summary: 'Cues: edits, or the model\u2019s',
    params: id,
    query: cueQuery,
    response: cueList,
  },
  'PUT /videos/{id}/edits': {
    summary: 'Save edits in place of those before',
    params: id,
    body: newEdits,
    response: cueList,
    ifMatch: true,
    about: 'GET /videos/{id}/cues',
  },
  'DELETE /videos/{id}/edits': {
    summary: 'Go back to the cues of the model',
    params: id,
    response: cueList,
    ifMatch: true,
    about: 'GET /videos/{id}/cues',
  },
  'GET /videos/{id}/track': {
    summary: 'The track in a format, to download',
    params: id,
    query: trackQuery,
    response: {
      types: [
        'text/vtt',
        'application/x-subrip',
        'application/ttml+xml',
        'text/x-ssa',
        'text/plain',
        'application/json',
      ],
    },
  },
  'GET /videos/{id}/track.vtt': {
    summary: 'The track as far as it is, for a player',
    params: id,
    query: cueQuery,
    response: { types: ['text/vtt'] },
  },
  'POST /check': { summary: 'Check cues against a profile', body: checkRequest, response: checkResult },
  'POST /videos/{id}/recaption': {
    summary: 'Caption one moment again, with another model or number of passes',
    params: id,
    body: recaptionRequest,
    response: recaption,
  },
  'GET /videos/{id}/explanation': {
    summary: 'Where the model looked at one moment, as a drawing',
    params: id,
    query: at,
    response: { types: ['image/png'] },
  },
  'POST /videos/{id}/renders': {
    summary: 'Make a copy of the video: with the track, or for browsers',
    params: id,
    body: newRender,
    status: 202,
    response: job,
  },

  'GET /videos/{id}/steps': { summary: 'The steps of a guide', params: id, response: guide },
  'GET /videos/{id}/steps/replaced': {
    summary: 'Edited steps that were replaced when steps were found again, newest first',
    params: id,
    response: replacedList,
  },
  'POST /videos/{id}/steps': {
    summary: 'Find the steps of a guide, in place of those before',
    params: id,
    body: stepsRequest,
    status: 202,
    response: job,
  },
  'PUT /videos/{id}/steps': {
    summary: 'Save changed steps in place of those before',
    params: id,
    body: newGuide,
    response: guide,
    ifMatch: true,
  },
  'GET /videos/{id}/steps/pictures/{name}': {
    summary: 'The picture of a step',
    params: z.strictObject({ id: videoId, name: guidePictureName }),
    response: { types: ['image/jpeg'] },
  },
  'GET /videos/{id}/guide': {
    summary: 'The guide in a format, to download',
    params: id,
    query: guideQuery,
    response: { types: ['text/html', 'text/markdown', 'text/vtt', 'text/plain', 'application/json'] },
  },

  'GET /jobs': { summary: 'Jobs, newest first', response: jobList },
  'GET /jobs/{id}': { summary: 'A job', params: ofJob, response: job },
  'DELETE /jobs/{id}': { summary: 'Cancel a job, or remove it with its file', params: ofJob, status: 204 },
  'POST /jobs/{id}/retry': {
    summary: 'Do a job again that failed or was cancelled',
    params: ofJob,
    status: 202,
    response: job,
  },
  'GET /jobs/{id}/file': { summary: 'The file that a job made; takes ranges', params: ofJob, response: ANY_FILE },

  'GET /cameras': { summary: 'Cameras, and what each saw last', response: cameraList },
  'GET /cameras/day': { summary: 'What cameras recorded and saw on a day', query: dayQuery, response: cameraDay },
  'GET /cameras/report': {
    summary: 'The report of a day or a night, as a page',
    query: reportQuery,
    response: { types: ['text/html'] },
  },
  'GET /alert-rules': { summary: 'Rules of what watch and live notify of', response: alertRuleList },
  'POST /alert-rules': { summary: 'Add a rule', body: newAlertRule, status: 201, response: alertRule },
  'GET /alert-rules/{id}': { summary: 'A rule', params: ofRule, response: alertRule },
  'PUT /alert-rules/{id}': {
    summary: 'Put another rule in the place of one',
    params: ofRule,
    body: newAlertRule,
    response: alertRule,
  },
  'DELETE /alert-rules/{id}': { summary: 'Remove a rule', params: ofRule, status: 204 },
  'POST /alert-rule-tests': {
    summary: 'Try a rule on the last seven days, and send a message about the newest match',
    body: newAlertRule,
    response: ruleTest,
  },
  'GET /sightings': { summary: 'Search what cameras saw', query: sightingQuery, response: sightingList },
  'GET /sightings/{id}': { summary: 'Something that a camera saw', params: ofSighting, response: sighting },
  'GET /sightings/{id}/picture': {
    summary: 'The picture of a sighting',
    params: ofSighting,
    response: { types: ['image/jpeg'] },
  },
  'GET /sightings/{id}/clip': {
    summary: 'A clip of a sighting, cut out of its recording; takes ranges',
    params: ofSighting,
    response: { types: ['video/mp4'] },
  },

  'GET /folders': { summary: 'What is in a folder of the server', query: folderQuery, response: folderList },
  'GET /models': { summary: 'Models that are installed or can be', response: modelList },
  'POST /models/{name}/pull': {
    summary: 'Download a model',
    params: z.strictObject({ name: z.string().regex(/^[\w-][\w.-]{0,199}$/) }),
    body: pullRequest,
    status: 202,
    response: job,
  },
  'GET /system': { summary: 'The server, its queue and its limits', response: system },
  'GET /system/checks': { summary: 'What doctor finds; takes some seconds', response: checks },
  'GET /events': { summary: 'What happens with all videos and jobs', response: EVENT_STREAM },
  'GET /openapi.json': {
    summary: 'This description',
    response: { types: ['application/json'] },
    open: true,
  },
} as const satisfies Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, Route>>;

/** The name of a route: its method and path. */
export type RouteName = keyof typeof ROUTES;
