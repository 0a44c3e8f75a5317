import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { digest } from '../captioning/input-identity.ts';
import { sentenceOf } from '../core/errors.ts';
import { UsageError } from '../core/failures.ts';
import type { Micros } from '../core/types.ts';
import { probe } from '../ingest/probe/probe.ts';
import { asInputError, expandInputs } from '../ingest/sources/sources.ts';
import { outputStatus } from '../storage/output-manifest.ts';
import type { Outcome, StepsContext } from './context.ts';
import { guideFromJson } from './guide/document.ts';
import type { Guide, GuideStep } from './guide/guide.ts';
import type { GuidePlace } from './guide/guide-files.ts';
import { type PictureSource, takePicture } from './guide/pictures.ts';
import { checkCopy, checkGuide, MADE_FILES, publish } from './publish.ts';

/** Where nothing is known of a step's frames, so many are tried, evenly spread. */
const TRIED = 4;

async function videoOf({ source }: Guide, folder: string, signal: AbortSignal): Promise<PictureSource> {
  const address = /^https?:\/\//i.test(source.video) ? source.video : path.resolve(folder, source.video);
  const { sources, problems } = await expandInputs([address]);
  const [video] = sources;
  if (video === undefined || sources.length > 1 || video.kind === 'picture') {
    throw problems[0]?.error ?? new UsageError(`"${source.video}" is no video`);
  }
  return { source: video, media: await probe(video, { signal }) };
}

/** True where a step's picture can stay: it is of the step's time, or it is a person's own. */
async function fits({ folder, stateDir }: GuidePlace, { picture, start, end }: GuideStep): Promise<boolean> {
  if (picture === undefined) return false;
  const standing = await outputStatus(stateDir, path.resolve(folder, picture.file), '');
  if (standing === 'absent') return false;
  return standing === 'foreign' || (picture.time >= start && picture.time < end);
}

function spreadTimes({ start, end }: GuideStep): Micros[] {
  return Array.from({ length: TRIED }, (_, at) => Math.round(start + ((end - start) * (at + 0.5)) / TRIED));
}

/** Builds a guide again from its steps.json, which stays as it is. Throws as its parts do: `steps-invalid` for an edit that cannot be. */
export async function guideFromJsonFile(file: string, context: StepsContext): Promise<Outcome> {
  const { settings, stateDir, signal, reporter } = context;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw asInputError(error, file);
  });
  const guide = guideFromJson(text, file);
  const place: GuidePlace = { folder: path.dirname(path.resolve(file)), stateDir, source: undefined };
  const { embed } = settings;
  const key = digest({ steps: text });
  await checkGuide(place, [...MADE_FILES, ...(embed === undefined ? [] : [embed])], key, settings.force);

  let video: Promise<PictureSource> | undefined;
  const open = (): Promise<PictureSource> => {
    video ??= videoOf(guide, place.folder, signal);
    return video;
  };
  if (embed !== undefined) await checkCopy((await open()).source, embed);
  const steps: GuideStep[] = [];
  for (const [at, step] of guide.steps.entries()) {
    if (await fits(place, step)) {
      steps.push(step);
      continue;
    }
    try {
      const options = { signal, force: settings.force };
      const picture = await takePicture(place, await open(), spreadTimes(step), options);
      steps.push({ ...step, ...(picture === undefined ? {} : { picture }) });
    } catch (error) {
      signal.throwIfAborted();
      reporter.note(`step ${at + 1} keeps the picture that it had, if any: ${sentenceOf(error)}`);
      steps.push(step);
    }
  }
  const { files, notes } = await publish({
    ...{ place, key, signal },
    guide: { ...guide, steps },
    written: [],
    ...(embed === undefined ? {} : { copy: { source: (await open()).source, target: embed } }),
  });
  for (const note of notes) reporter.note(note);
  return {
    video: path.basename(guide.source.video),
    state: 'done',
    steps: steps.length,
    keyframes: 0,
    files,
    folder: place.folder,
    problems: [],
  };
}
