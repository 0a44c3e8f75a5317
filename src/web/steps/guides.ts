import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { subtitleFiles } from '../../captioning/speech/subtitle-files.ts';
import { sentenceOf } from '../../core/errors.ts';
import { withFittingPictures } from '../../steps/guide/fitting-pictures.ts';
import type { Guide, GuideStep } from '../../steps/guide/guide.ts';
import { type GuideFolder, readGuideFile, writeText } from '../../steps/guide/guide-files.ts';
import { GUIDE_FORMATS, guideText } from '../../steps/guide/guide-formats.ts';
import { guideToOneMarkdown } from '../../steps/guide/markdown.ts';
import { type PictureSource, pageImages, removeStalePictures, takePicture } from '../../steps/guide/pictures.ts';
import { guideFromJson, guideToJson } from '../../steps/guide/steps-json.ts';
import { STEPS_FILE } from '../../steps/publish.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import type { GUIDE_EXPORTS, NewGuide, StepsRequest } from '../api/schemas/steps.ts';
import { WebError } from '../errors.ts';
import type { EventHub } from '../events/event-hub.ts';
import { namedTags } from '../http/conditions.ts';
import type { JobHost, JobResult } from '../jobs/job-work.ts';
import type { StoredVideo } from '../store/documents.ts';
import { Turns } from '../store/turns.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { Captioners } from '../videos/captioners.ts';
import { guardOf, sourceOf } from '../videos/video-source.ts';
import { type MediaAccess, withMedia } from '../videos/with-media.ts';
import { findGuide } from './find-guide.ts';
import { keepIfEdited, markAsFound, type ReplacedGuide, replacedGuides } from './replaced-guides.ts';

/** What guides are made with. */
export interface GuideParts extends MediaAccess {
  readonly store: VideoStore;
  readonly captioners: Captioners;
  readonly hub: EventHub;
  readonly signal: AbortSignal;
}

/** A guide as it is stored. */
export interface StoredGuide {
  readonly guide: Guide;
  readonly revision: string;
}

function micros(seconds: number): number {
  return Math.round(seconds * 1000) * 1000;
}

/** The guides of videos: a steps.json with its pictures, as `secondglance steps` writes them. */
export class Guides {
  readonly #parts: GuideParts;
  /** One change of a video after the other, so that of two with the same revision only one is made. */
  readonly #turns = new Turns();

  constructor(parts: GuideParts) {
    this.#parts = parts;
  }

  #place(id: string): GuideFolder {
    const { data } = this.#parts;
    return { folder: data.guide(id), stateDir: data.state(id), source: undefined };
  }

  /** Throws `not-there` where steps have not been found yet, `steps-invalid`. */
  async read(id: string): Promise<StoredGuide> {
    const { name } = this.#parts.store.get(id);
    const { folder } = this.#place(id);
    const text = (await readGuideFile(folder, STEPS_FILE))?.toString('utf8');
    if (text === undefined) throw new WebError('not-there', `${name} has no steps yet: POST .../steps finds them`);
    const revision = createHash('sha256').update(text).digest('hex').slice(0, 16);
    return { guide: guideFromJson(text, path.join(folder, STEPS_FILE)), revision };
  }

  async #write(id: string, guide: Guide): Promise<StoredGuide> {
    const place = this.#place(id);
    await writeText(place, STEPS_FILE, guideToJson(guide));
    await removeStalePictures(place, guide.steps);
    const stored = await this.read(id);
    this.#parts.hub.publish('steps', { id, revision: stored.revision }, id);
    return stored;
  }

  async #replace(id: string, guide: Guide): Promise<void> {
    const { folder } = this.#place(id);
    await keepIfEdited(folder, new Date());
    await this.#write(id, guide);
    await markAsFound(folder, guideToJson(guide));
  }

  /** Guides that a person had edited when the steps were found again, newest first. */
  async replaced(id: string): Promise<ReplacedGuide[]> {
    this.#parts.store.get(id);
    return replacedGuides(this.#place(id).folder);
  }

  #prepare(id: string): Promise<unknown> {
    const { data } = this.#parts;
    return Promise.all([data.video(id), data.state(id)].map((folder) => ensureStateFolder(folder)));
  }

  /** The subtitle files beside a video, as far as the server may read them: a link may lead out of its folder. */
  async #subtitles(video: StoredVideo): Promise<string[]> {
    const { data, lists } = this.#parts;
    const guard = await guardOf(video, data, lists);
    const files = await subtitleFiles(await sourceOf(video), data.state(video.id));
    const allowed = await Promise.all(files.map((file) => guard.path(file).catch(() => undefined)));
    return allowed.filter((file) => file !== undefined);
  }

  /** Finds the steps of a video, in place of those that are there, which are kept where a person has edited them. Throws as `findGuide`. */
  async find(id: string, request: StepsRequest, host: JobHost): Promise<JobResult> {
    const video = this.#parts.store.get(id);
    await this.#prepare(id);
    const subtitles = await this.#subtitles(video);
    return this.#parts.captioners.use(video.options.model, (captioner) =>
      withMedia(this.#parts, video, host.signal, async (source, media) => {
        const subject = { name: video.name, source, media, captioner, place: this.#place(id), subtitles };
        const { guide, failed } = await findGuide(subject, request, host);
        await this.#turns.take(id, () => this.#replace(id, guide));
        const steps = guide.steps.length === 1 ? '1 step' : `${guide.steps.length} steps`;
        return { message: failed === 0 ? steps : `${steps}; ${failed} keyframes got no caption` };
      }),
    );
  }

  /**
   * Saves steps in place of the revision `ifMatch`. Throws `steps-invalid`, `edits-conflict`, `edits-unconditional`, `not-there`;
   * what goes wrong where a picture is chosen.
   */
  save(id: string, edited: NewGuide, ifMatch: string | undefined): Promise<StoredGuide> {
    if (ifMatch === undefined) {
      throw new WebError('edits-unconditional', 'send the revision of the steps as If-Match: GET .../steps has it');
    }
    return this.#turns.take(id, async () => {
      const { guide, revision } = await this.read(id);
      if (!namedTags(ifMatch).some((named) => named === '*' || named === revision)) {
        throw new WebError('edits-conflict', 'the steps were edited elsewhere since they were loaded here');
      }
      const video = this.#parts.store.get(id);
      const steps = edited.steps.map((step): GuideStep => {
        const { start, end, title, text, captions, picture } = step;
        const time = picture === undefined ? undefined : micros(picture.time);
        const known = guide.steps.find((one) => one.picture?.time === time)?.picture;
        return {
          ...{ start: micros(start), end: micros(end), title, text },
          captions: captions.map((caption) => ({ ...caption, time: micros(caption.time) })),
          ...(time === undefined ? {} : { picture: known ?? { file: '', time } }),
        };
      });
      // Its rules are those of an edited steps.json.
      const checked = guideFromJson(guideToJson({ ...guide, title: edited.title, steps }), 'the guide');
      return this.#write(id, { ...checked, steps: await this.#pictured(video, checked.steps) });
    });
  }

  /** Takes the pictures that were chosen, and chooses those that are missing. The video is opened where one has to be. */
  async #pictured(video: StoredVideo, steps: readonly GuideStep[]): Promise<GuideStep[]> {
    const place = this.#place(video.id);
    const { signal } = this.#parts;
    const missing = ({ picture, start, end }: GuideStep): boolean =>
      picture === undefined ||
      picture.time < start ||
      picture.time >= end ||
      !existsSync(path.join(place.folder, picture.file || '-'));
    if (!steps.some(missing)) return [...steps];
    return withMedia(this.#parts, video, signal, async (source, media) => {
      const opened: PictureSource = { source, media };
      const taken: GuideStep[] = [];
      for (const { picture, ...step } of steps) {
        const chosen =
          picture?.file === '' ? await takePicture(place, opened, [picture.time], { signal, force: true }) : picture;
        taken.push({ ...step, ...(chosen === undefined ? {} : { picture: chosen }) });
      }
      let failure: unknown;
      const fitted = await withFittingPictures(place, taken, async () => opened, {
        ...{ signal, force: true },
        onFailure: (_, error) => {
          failure = error;
        },
      });
      if (failure !== undefined) {
        throw new WebError('not-there', `a picture could not be taken: ${sentenceOf(failure)}`, { cause: failure });
      }
      return fitted;
    });
  }

  /** The text of a guide in a format. Throws as {@link read}. */
  async export(id: string, format: (typeof GUIDE_EXPORTS)[number]): Promise<string> {
    const { guide } = await this.read(id);
    if (format === 'json') return guideToJson(guide);
    const { folder } = this.#place(id);
    const images = format === 'html' || format === 'md' ? await pageImages(folder, guide.steps) : new Map();
    if (format === 'md') return guideToOneMarkdown(guide, images);
    return guideText(guide, folder, images, { format, name: GUIDE_FORMATS[format].file });
  }

  /** The file of a picture. */
  picture(id: string, name: string): string {
    this.#parts.store.get(id);
    return path.join(this.#place(id).folder, 'pictures', name);
  }
}
