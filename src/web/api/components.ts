import { z } from 'zod';
import {
  alertRule,
  alertRuleList,
  camera,
  cameraDay,
  cameraList,
  newAlertRule,
  ruleTest,
  sighting,
  sightingList,
} from './schemas/cameras.ts';
import { problem } from './schemas/common.ts';
import { checkRequest, checkResult, cue, cueList, newEdits, recaption, recaptionRequest } from './schemas/cues.ts';
import { job, jobList, newRender } from './schemas/job.ts';
import { guide, newGuide, step, stepsRequest } from './schemas/steps.ts';
import { checks, folderList, login, model, modelList, pullRequest, session, system } from './schemas/system.ts';
import {
  addedVideos,
  captionList,
  frameCaption,
  newVideo,
  video,
  videoList,
  videoOptions,
  videoProblem,
  videoState,
} from './schemas/videos.ts';

type Json = Readonly<Record<string, unknown>>;

/** Schemas that openapi.json names: it refers to them wherever they are used. Others stand where they are used. */
const NAMED = {
  AlertRule: alertRule,
  AlertRuleList: alertRuleList,
  Camera: camera,
  CameraDay: cameraDay,
  CameraList: cameraList,
  NewAlertRule: newAlertRule,
  RuleTest: ruleTest,
  Sighting: sighting,
  SightingList: sightingList,
  AddedVideos: addedVideos,
  CaptionList: captionList,
  CheckRequest: checkRequest,
  CheckResult: checkResult,
  Checks: checks,
  Cue: cue,
  CueList: cueList,
  FolderList: folderList,
  FrameCaption: frameCaption,
  Job: job,
  JobList: jobList,
  Login: login,
  Model: model,
  ModelList: modelList,
  NewEdits: newEdits,
  NewRender: newRender,
  NewVideo: newVideo,
  Problem: problem,
  PullRequest: pullRequest,
  Recaption: recaption,
  RecaptionRequest: recaptionRequest,
  Guide: guide,
  NewGuide: newGuide,
  Session: session,
  Step: step,
  StepsRequest: stepsRequest,
  System: system,
  Video: video,
  VideoList: videoList,
  VideoOptions: videoOptions,
  VideoProblem: videoProblem,
  VideoState: videoState,
} as const satisfies Readonly<Record<string, z.ZodType>>;

const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { id });

/** Collects the named schemas that a description uses. */
export class Components {
  readonly #schemas = new Map<string, string>();

  /** The JSON Schema of a schema, with references to named ones. Throws where a name means different things in requests and answers. */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
    const made = z.toJSONSchema(schema, { metadata: names, io, unrepresentable: 'any' });
    const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
    const { $schema: _, $defs = {}, ...rest } = JSON.parse(text) as Json & { readonly $defs?: Json };
    for (const [name, definition] of Object.entries($defs)) {
      const known = this.#schemas.get(name);
      const json = JSON.stringify(definition);
      if (known !== undefined && known !== json) {
        throw new TypeError(`${name} is not the same in requests and answers: give it two names`);
      }
      this.#schemas.set(name, json);
    }
    return rest;
  }

  /** The schemas that were referred to, by name. */
  get schemas(): Json {
    const all = [...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(all.map(([name, json]) => [name, JSON.parse(json) as Json]));
  }
}
