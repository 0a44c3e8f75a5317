import { captionInput } from '../../captioning/caption-input.ts';
import { digest, trackOptions } from '../../captioning/input-identity.ts';
import { assertWritable } from '../../captioning/output-status.ts';
import type { Target } from '../../captioning/outputs.ts';
import type { Reporter } from '../../captioning/progress.ts';
import { applyModelDefaults, type CaptionSettings, parseWhole, readSettings } from '../../captioning/settings.ts';
import type { InputSummary } from '../../captioning/summary.ts';
import { DEFAULT_LANGUAGE } from '../../captioning/track-options.ts';
import type { JsonObject } from '../../core/json.ts';
import { OutputExistsError } from '../../storage/errors.ts';
import { stateDir } from '../../storage/state-folder.ts';
import type { Bundle } from '../../workers/bundle/bundle.ts';
import { LazyCaptioner } from '../../workers/pool/lazy-captioner.ts';
import type { Database } from '../index/database.ts';
import { IndexWriter, type OnIndexed } from '../index/index-cues.ts';
import { keepPictures, withThumbnails } from '../index/thumbnails.ts';
import type { Plan } from '../recordings/plan.ts';
import type { Recording } from '../recordings/recordings.ts';
import { sourceAt } from '../recordings/register.ts';
import type { AttemptRequest } from './attempt.ts';
import { placesFor } from './targets.ts';
import type { RecordingCaptioner } from './watch-context.ts';
import type { WatchSettings } from './watch-settings.ts';

/** What describing takes, wherever it is done. */
export interface DescribeContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly bundle: Bundle;
  readonly reporter: Reporter;
  readonly onIndexed: OnIndexed;
}

/** As `caption` would be asked for it. */
export function captionSettings({ settings, bundle }: DescribeContext, plan: Plan): CaptionSettings {
  const asked = readSettings({
    frames: plan.frames,
    looks: String(plan.passes),
    profile: 'web',
    kind: 'descriptions',
    language: DEFAULT_LANGUAGE,
    resume: true,
    ...(settings.verbose ? { verbose: true } : {}),
  });
  return applyModelDefaults(asked, bundle);
}

/** The first set of targets that may be written. Throws an OutputExistsError (retryable) where there is none. */
async function freePlace(places: readonly Target[][], recording: Recording, key: string): Promise<Target[]> {
  for (const targets of places) {
    try {
      await assertWritable(stateDir(), targets, { key, source: recording.path, force: false });
      return targets;
    } catch (error) {
      if (!(error instanceof OutputExistsError)) throw error;
    }
  }
  throw new OutputExistsError(places[0]?.[0]?.path ?? recording.path, 'track', 'foreign', {
    advice: 'move it away, or write tracks elsewhere with -o',
    retryable: true,
  });
}

/**
 * Describes recordings in this process, one after the other. Captions are durable in a journal that goes by the
 * recording's content, so that an interrupted one goes on where it stopped, whatever it is called by then.
 */
export class LocalRecordingCaptioner implements RecordingCaptioner {
  readonly slots = 1;
  readonly #context: DescribeContext;
  readonly #captioner: LazyCaptioner;

  constructor(context: DescribeContext) {
    this.#context = context;
    const { bundle, settings } = context;
    this.#captioner = new LazyCaptioner({
      bundle,
      ...(settings.workers === undefined ? {} : { processes: parseWhole(settings.workers, '--workers', 1, 256) }),
    });
  }

  async ready(): Promise<void> {
    await this.#captioner.get();
  }

  rest(): Promise<void> {
    return this.#captioner.close();
  }

  async describe({ recording, plan, night, signal }: AttemptRequest): Promise<InputSummary> {
    const { db, settings, reporter, onIndexed } = this.#context;
    const { stateFile } = settings;
    const captioner = await this.#captioner.get();
    const own = captionSettings(this.#context, plan);
    const content: JsonObject = { content: recording.content };
    const key = digest({ input: content, options: trackOptions(own), model: captioner.model.sha256 });
    const targets = await freePlace(placesFor(db, recording, settings), recording, key);
    const began = performance.now();
    const looked = { frames: plan.frames, passes: plan.passes, track: targets[0]?.path ?? '', began, night };
    const writer = new IndexWriter(db, stateFile, recording, looked, onIndexed);
    const { summary } = await captionInput(
      { settings: own, captioner, stateDir: stateDir(), signal, reporter },
      {
        source: sourceAt(recording),
        identity: content,
        owner: recording.path,
        targets,
        key,
        tapKeyframes: (keyframes, media) =>
          withThumbnails(keyframes, { stateFile, recording: recording.id }, media, captioner.image),
        extraWriters: [writer],
      },
    );
    await keepPictures(db, stateFile, recording.id);
    return summary;
  }
}
