import { identify } from '../../captioning/input-identity.ts';
import type { ModelCaptioner } from '../../captioning/open-captioner.ts';
import { readSpoken } from '../../captioning/speech/subtitle-files.ts';
import { VERSION } from '../../core/version.ts';
import { readChapters } from '../../ingest/probe/chapters.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import { asInputError, type Source } from '../../ingest/sources/sources.ts';
import { chooseSteps } from '../../steps/choose-steps.ts';
import { titleOfVideo } from '../../steps/guide/describe-steps.ts';
import type { Guide } from '../../steps/guide/guide.ts';
import { type GuideFolder, prepareFolder } from '../../steps/guide/guide-files.ts';
import { surveyVideo } from '../../steps/survey-video.ts';
import type { StepsRequest } from '../api/schemas/steps.ts';
import type { JobHost } from '../jobs/job-work.ts';

/** A video whose steps are to be found. */
export interface GuideSubject {
  /** As the guide calls it. */
  readonly name: string;
  readonly source: Source;
  readonly media: MediaInfo;
  readonly captioner: ModelCaptioner;
  readonly place: GuideFolder;
  /** Subtitle files beside it that may be read. */
  readonly subtitles: readonly string[];
}

/** The guide that was found, and how many of its keyframes have no caption. */
export interface FoundGuide {
  readonly guide: Guide;
  readonly failed: number;
}

/** Finds the steps of a video, as `secondglance steps` does. Captions are kept: an interrupted run resumes. Throws as its parts do. */
export async function findGuide(
  { name, source, media, captioner, place, subtitles }: GuideSubject,
  { minStep, maxStep, passes }: StepsRequest,
  { signal, progress }: Pick<JobHost, 'signal' | 'progress'>,
): Promise<FoundGuide> {
  const { stateDir } = place;
  const identity = await identify(source).catch((error: unknown) => {
    throw asInputError(error, source.label);
  });
  const chapters = await readChapters(source, media, signal);
  const spoken = await readSpoken(source, subtitles, signal);
  await prepareFolder(place.folder);
  progress(undefined, 'loading the model');
  await captioner.open();
  const seen = await surveyVideo({
    ...{ source, media, captioner, passes, stateDir, signal },
    identity: identity ?? {},
    onProgress: ({ covered, duration }) =>
      progress(duration === undefined ? undefined : covered / duration, 'captioning'),
  });
  const { samples, captions, end } = seen;
  const material = { samples, captions, utterances: spoken.utterances, chapters, end };
  const steps = await chooseSteps(place, { source, media }, material, {
    lengths: { shortest: minStep * 1e6, longest: maxStep * 1e6 },
    minConfidence: 0,
    force: true,
    signal,
    onPicture: (number, of) => progress(number / of, `choosing pictures (${number} of ${of})`),
  });
  const guide: Guide = {
    title: titleOfVideo(name),
    tool: `secondglance ${VERSION}`,
    model: captioner.model,
    source: { video: name, duration: end },
    words: { subtitles: spoken.from, chapters: chapters.length },
    steps,
  };
  return { guide, failed: seen.failed };
}
