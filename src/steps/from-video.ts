import { stat } from 'node:fs/promises';
import path from 'node:path';
import { digest, identify, sourceOf } from '../captioning/input-identity.ts';
import { modelCaptioner } from '../captioning/open-captioner.ts';
import { readSpoken, subtitleFiles } from '../captioning/speech/subtitle-files.ts';
import { damageProblem, type Problem } from '../captioning/summary.ts';
import { UsageError } from '../core/failures.ts';
import type { JsonObject } from '../core/json-value.ts';
import { counted } from '../core/text/wording.ts';
import { VERSION } from '../core/version.ts';
import { readChapters } from '../ingest/probe/chapters.ts';
import { probe } from '../ingest/probe/probe.ts';
import { asInputError, expandInputs, type Source } from '../ingest/sources/sources.ts';
import { checkFit } from '../pipeline/media/fits.ts';
import { loadModel } from '../workers/load-model.ts';
import { chooseSteps } from './choose-steps.ts';
import type { GuideResult, StepsContext } from './context.ts';
import type { VideoMaterial } from './find/material.ts';
import { spokenWords } from './find/spoken-words.ts';
import { chapterContainer } from './guide/chapter-copy.ts';
import { titleOfVideo } from './guide/describe-steps.ts';
import { clock, type Guide } from './guide/guide.ts';
import { type GuideFolder, prepareFolder, readGuideFile, writeText } from './guide/guide-files.ts';
import { removeStalePictures } from './guide/pictures.ts';
import { guideFromJson, guideToJson } from './guide/steps-json.ts';
import { checkCopy, checkGuide, publish, STEPS_FILE } from './publish.ts';
import { oneAtATime } from './steps-settings.ts';
import { surveyVideo } from './survey-video.ts';

async function oneVideo(argument: string): Promise<Source> {
  const { sources, problems } = await expandInputs([argument]);
  const [source] = sources;
  if (source === undefined) throw problems[0]?.error ?? new UsageError(`${argument} is not a video`);
  if (sources.length > 1 || (source.kind !== 'file' && source.kind !== 'url')) {
    throw new UsageError(
      oneAtATime(`${argument} is ${source.kind === 'picture' && sources.length === 1 ? 'a picture' : 'none'}`),
    );
  }
  return source;
}

function folderOf(source: Source, output: string | undefined): string {
  if (output !== undefined) return path.resolve(output);
  const home = source.kind === 'file' ? path.dirname(source.input) : process.cwd();
  return path.join(home, `${path.basename(source.name, path.extname(source.name))}-guide`);
}

/** The video as the guide's links refer to it. */
function reference(source: Source, folder: string): string {
  if (source.kind === 'url') return source.input;
  return path.relative(folder, source.input).split(path.sep).join('/');
}

async function marks(files: readonly string[]): Promise<JsonObject[]> {
  return Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file).catch((error: unknown) => {
        throw asInputError(error, file);
      });
      return { path: file, size, changed: mtimeMs };
    }),
  );
}

/** False where a picture of the guide was deleted: such a guide is not up to date. */
async function hasPictures({ folder }: GuideFolder): Promise<boolean> {
  const text = await readGuideFile(folder, STEPS_FILE);
  const { steps } = guideFromJson(text?.toString() ?? '', STEPS_FILE);
  for (const { picture } of steps) {
    if (picture !== undefined && (await readGuideFile(folder, picture.file)) === undefined) return false;
  }
  return true;
}

/** Makes a guide of a video. Throws a UsageError before anything is done, or what makes the run impossible. */
export async function guideFromVideo(argument: string, context: StepsContext): Promise<GuideResult> {
  const { settings, stateDir, signal, reporter } = context;
  const source = await oneVideo(argument);
  const identity = await identify(source).catch((error: unknown) => {
    throw asInputError(error, source.label);
  });
  await checkCopy(source, settings.embed);
  const place: GuideFolder = { folder: folderOf(source, settings.folder), stateDir, source: sourceOf(identity) };
  const model = await loadModel(settings.model);
  for (const note of model.notes ?? []) reporter.note(note);
  const { title, lengths, passes, minConfidence, embed, track, encoding, outputs } = settings;
  const files = track === undefined ? await subtitleFiles(source, stateDir) : [track];
  const key = digest({
    input: identity ?? null,
    subtitles: await marks(files),
    ...(encoding === undefined ? {} : { encoding }),
    ...(title === undefined ? {} : { title }),
    options: { passes, minConfidence, shortest: lengths.shortest, longest: lengths.longest },
    model: model.model.sha256,
  });
  const names = [STEPS_FILE, ...outputs.map(({ name }) => name), ...(embed === undefined ? [] : [embed])];
  const current = await checkGuide(place, names, key, settings.force);
  // What a URL returns may change without any sign of it.
  if (current && source.kind === 'file' && (await hasPictures(place))) {
    return {
      video: source.name,
      state: 'skipped',
      steps: 0,
      keyframes: 0,
      files: names,
      folder: place.folder,
      problems: [],
    };
  }

  // The model is loaded while the video is probed.
  const captioner = modelCaptioner(model, { processes: settings.workers });
  captioner.open().catch(() => undefined); // awaited below
  const survey = async () => {
    reporter.phase('probing');
    const media = await probe(source, { signal });
    if (embed !== undefined) await checkFit(source, media, chapterContainer(embed), 'embed', signal);
    const chapters = await readChapters(source, media, signal);
    const spoken = await readSpoken(source, files, signal, { track, encoding });
    for (const note of spoken.notes) reporter.note(note);
    if (spoken.from !== null && !settings.quiet) reporter.note(`${source.name}: words from ${spoken.from}`);
    if (chapters.length > 1 && !settings.quiet)
      reporter.note(`${source.name}: steps from its ${chapters.length} chapters`);
    await prepareFolder(place.folder);
    if (embed !== undefined) await prepareFolder(path.dirname(embed));
    reporter.begin(source.name, 1, 1);
    reporter.phase('loading the model');
    await captioner.open();
    reporter.phase('captioning');
    const seen = await surveyVideo({
      ...{ source, media, captioner, passes, stateDir, signal },
      identity: identity ?? {},
      onProgress: (progress) => reporter.progress(source.name, progress),
    });
    return { media, chapters, spoken, seen };
  };
  const { media, chapters, spoken, seen } = await survey().finally(() => captioner.close());
  const { samples, end } = seen;
  const late = spoken.utterances.filter(({ start }) => start >= end).length;
  if (late > 0) {
    reporter.note(
      `${source.name}: ${late} of ${counted(spoken.utterances.length, 'text')} of ${spoken.from} start after the end of the video at ${clock(end)} and are not used: are they of another version?`,
    );
  }
  const material: VideoMaterial = {
    samples,
    captions: seen.captions,
    utterances: spokenWords(spoken.utterances),
    chapters,
    end,
  };
  reporter.phase('finding steps');
  const steps = await chooseSteps(place, { source, media }, material, {
    ...{ lengths, minConfidence, force: settings.force, signal },
    onPicture: (number, of) => reporter.phase(`choosing pictures (${number} of ${of})`),
  });
  const guide: Guide = {
    title: title ?? titleOfVideo(source.name),
    tool: `secondglance ${VERSION}`,
    model: model.model,
    source: { video: reference(source, place.folder), duration: end },
    words: { subtitles: spoken.from, chapters: chapters.length },
    steps,
  };
  reporter.phase('writing');
  const { damage } = seen.report;
  const problems: Problem[] = damage === undefined ? [] : [damageProblem(damage, settings.verbose)];
  if (seen.failed > 0) {
    const message = `${seen.failed} of ${seen.keyframes} keyframes got no caption; run it again to try just those`;
    problems.push({ code: 'captions-failed', message });
  }
  const written = await writeText(place, STEPS_FILE, guideToJson(guide));
  const { files: made, notes } = await publish({
    ...{ place, guide, outputs, signal },
    written: [written],
    ...(embed === undefined ? {} : { copy: { video: { source, media }, target: embed } }),
    key: problems.length === 0 ? key : '',
  });
  for (const note of notes) reporter.note(note);
  await removeStalePictures(place, steps);
  return {
    video: source.name,
    state: problems.length === 0 ? 'done' : 'partial',
    steps: steps.length,
    keyframes: seen.keyframes,
    ...(seen.reused === 0 ? {} : { reused: seen.reused }),
    duration: end,
    files: made,
    folder: place.folder,
    problems,
  };
}
