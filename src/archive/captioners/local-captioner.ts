import { captionInput } from '../../captioning/caption-input.ts';
import { trackKey } from '../../captioning/input-identity.ts';
import { assertWritable } from '../../captioning/outputs/output-status.ts';
import type { Target } from '../../captioning/outputs/target.ts';
import type { Reporter } from '../../captioning/reporter.ts';
import type { InputSummary } from '../../captioning/summary.ts';
import { stateDir } from '../../config/state-folder.ts';
import type { JsonObject } from '../../core/json-value.ts';
import { OutputExistsError } from '../../storage/errors.ts';
import type { CaptionModel } from '../../workers/captioner.ts';
import { LazyCaptioner } from '../../workers/pool/lazy-captioner.ts';
import type { Database } from '../index/database.ts';
import { IndexWriter, type OnIndexed } from '../index/index-cues.ts';
import { keepPictures, pictureFile, withThumbnails } from '../index/thumbnails.ts';
import type { Recording } from '../recordings/recordings.ts';
import { sourceAt } from '../recordings/register.ts';
import { eventLines } from '../watch/event-lines.ts';
import type { WatchSettings } from '../watch/watch-settings.ts';
import { candidateTargets } from './candidate-targets.ts';
import { planSettings } from './plan-settings.ts';
import type { CaptionRequest, RecordingCaptioner } from './recording-captioner.ts';

/** What captioning recordings needs, in this process or through the queue. */
export interface CaptionContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly model: CaptionModel;
  readonly reporter: Reporter;
  readonly onIndexed: OnIndexed;
}

/** The first candidate that may be written. Throws an OutputExistsError (retryable) where there is none. */
async function freeTargets(candidates: readonly Target[][], recording: Recording, key: string): Promise<Target[]> {
  for (const targets of candidates) {
    try {
      await assertWritable(stateDir(), targets, { key, source: recording.path, force: false });
      return targets;
    } catch (error) {
      if (!(error instanceof OutputExistsError)) throw error;
    }
  }
  throw new OutputExistsError(candidates[0]?.[0]?.path ?? recording.path, 'track', 'foreign', {
    advice: 'move it away, or write tracks elsewhere with -o',
    retryable: true,
  });
}

/**
 * Captions recordings in this process, one after the other. Captions are durable in a journal that is named by the
 * recording's fingerprint, so that an interrupted recording resumes even after it was renamed.
 */
export class LocalRecordingCaptioner implements RecordingCaptioner {
  readonly concurrency = 1;
  readonly #context: CaptionContext;
  readonly #captioner: LazyCaptioner;

  constructor(context: CaptionContext) {
    this.#context = context;
    const { model, settings } = context;
    const processes = settings.workers === undefined ? {} : { processes: settings.workers };
    this.#captioner = new LazyCaptioner(() => model.captioner(processes));
  }

  async prepare(): Promise<void> {
    await this.#captioner.get();
  }

  release(): Promise<void> {
    return this.#captioner.close();
  }

  async caption({ recording, plan, session, signal }: CaptionRequest): Promise<InputSummary> {
    const { db, settings, model, reporter, onIndexed } = this.#context;
    const { stateFile } = settings;
    const captioner = await this.#captioner.get();
    const own = planSettings(plan, model, settings, recording);
    const identity: JsonObject = { content: recording.content };
    const key = trackKey(identity, own, captioner.model);
    const targets = await freeTargets(candidateTargets(db, recording, settings), recording, key);
    const { frames, passes } = plan;
    const record = { frames, passes, track: targets[0]?.path ?? '', began: performance.now(), session };
    const writer = new IndexWriter(db, stateFile, recording, record, onIndexed);
    const { summary } = await captionInput(
      { settings: own, captioner, stateDir: stateDir(), signal, reporter },
      {
        source: sourceAt(recording),
        identity,
        owner: recording.path,
        targets,
        key,
        tapKeyframes: (keyframes, media) =>
          withThumbnails(keyframes, (index) => pictureFile(stateFile, recording.id, index), media, captioner.image),
        extraWriters: [
          writer,
          ...(settings.events && !settings.quiet ? [eventLines(recording, settings.zone, reporter)] : []),
        ],
      },
    );
    await keepPictures(db, stateFile, recording.id);
    return summary;
  }
}
