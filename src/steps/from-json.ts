import path from 'node:path';
import { digest } from '../captioning/input-identity.ts';
import type { Reporter } from '../captioning/reporter.ts';
import { sentenceOf } from '../core/errors.ts';
import { UsageError } from '../core/failures.ts';
import { readWhole } from '../core/regular-file.ts';
import { isWebAddress } from '../core/text/web-address.ts';
import type { Micros } from '../core/types.ts';
import { probe } from '../ingest/probe/probe.ts';
import { asInputError, expandInputs } from '../ingest/sources/sources.ts';
import { toSeconds } from '../pipeline/cues/time.ts';
import { kindOf } from '../storage/kind-of.ts';
import type { GuideResult, StepsContext } from './context.ts';
import { StepsError } from './errors.ts';
import { withFittingPictures } from './guide/fitting-pictures.ts';
import type { Guide } from './guide/guide.ts';
import { type GuideFolder, staleFiles } from './guide/guide-files.ts';
import type { PictureSource } from './guide/pictures.ts';
import { guideFromJson } from './guide/steps-json.ts';
import { checkCopy, checkGuide, publish, STEPS_FILE } from './publish.ts';

async function videoOf({ source }: Guide, folder: string, signal: AbortSignal): Promise<PictureSource> {
  const address = isWebAddress(source.video) ? source.video : path.resolve(folder, source.video);
  const { sources, problems } = await expandInputs([address]);
  const [video] = sources;
  if (video === undefined || sources.length > 1 || video.kind === 'picture') {
    throw problems[0]?.error ?? new UsageError(`"${source.video}" is not a video`);
  }
  return { source: video, media: await probe(video, { signal }) };
}

/** Containers and decoders differ by so much about a video's length, with the sound that goes on after the last frame. */
const LENGTH_TOLERANCE: Micros = 2_000_000;

/**
 * Compares the video with the steps, which may be older than it. A video at a URL, or one that is gone, is not looked at: a guide can be built without.
 * Throws `steps-invalid` where a step lies behind the video's end.
 */
async function checkLength(guide: Guide, open: () => Promise<PictureSource>, reporter: Reporter): Promise<void> {
  if (isWebAddress(guide.source.video)) return;
  const duration = await open().then(
    ({ media }) => media.duration,
    () => null,
  );
  if (duration === null) return;
  const { steps, source } = guide;
  const now = `${source.video} is ${toSeconds(duration)} s long`;
  const last = steps.at(-1);
  if (last !== undefined && last.end > duration + LENGTH_TOLERANCE) {
    throw new StepsError(
      'steps-invalid',
      `${now}, but step ${steps.length} ends at ${toSeconds(last.end)}: the video was changed after these steps were written; correct their times, or make the guide again from the video`,
    );
  }
  if (Math.abs(source.duration - duration) > LENGTH_TOLERANCE) {
    reporter.note(`${now}, and was ${toSeconds(source.duration)} s when the steps were found: check their times`);
  }
}

/** A steps.json has a few KiB. */
const MOST_BYTES = 16 * 2 ** 20;

/** Rebuilds a guide from its steps.json, or that of a folder, which is not changed. Throws `steps-invalid` for an invalid edit; as its parts do. */
export async function guideFromJsonFile(from: string, context: StepsContext): Promise<GuideResult> {
  const { settings, stateDir, signal, reporter } = context;
  const file = kindOf(from) === 'folder' ? path.join(from, STEPS_FILE) : from;
  const bytes = await readWhole(file, MOST_BYTES).catch((error: unknown) => {
    throw asInputError(error, file);
  });
  const text = bytes.toString('utf8');
  const guide = guideFromJson(text, file);
  const place: GuideFolder = { folder: path.dirname(path.resolve(file)), stateDir, source: undefined };
  const { embed, outputs } = settings;
  const names = outputs.map(({ name }) => name);
  const key = digest({ steps: text });
  await checkGuide(place, [...names, ...(embed === undefined ? [] : [embed])], key, settings.force);

  let video: Promise<PictureSource> | undefined;
  const open = (): Promise<PictureSource> => {
    video ??= videoOf(guide, place.folder, signal);
    return video;
  };
  await checkLength(guide, open, reporter);
  if (embed !== undefined) await checkCopy((await open()).source, embed);
  const steps = await withFittingPictures(place, guide.steps, open, {
    ...{ signal, force: settings.force },
    onFailure: (number, error) =>
      reporter.note(`step ${number} keeps its earlier picture, if any: ${sentenceOf(error)}`),
  });
  const { files, notes } = await publish({
    ...{ place, outputs, key, signal },
    guide: { ...guide, steps },
    written: [],
    ...(embed === undefined ? {} : { copy: { video: await open(), target: embed } }),
  });
  for (const note of notes) reporter.note(note);
  const stale = await staleFiles(place, names);
  if (stale.length > 0) {
    reporter.note(`not rebuilt, as -f leaves it out: ${stale.join(', ')}, with the steps of an earlier run`);
  }
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
