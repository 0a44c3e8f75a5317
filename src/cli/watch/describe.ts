import { IndexWriter, type OnIndexed } from '../../overnight/cues.ts';
import type { Database } from '../../overnight/database.ts';
import { sourceAt } from '../../overnight/enrol.ts';
import { keepPictures, withThumbnails } from '../../overnight/pictures.ts';
import type { Plan } from '../../overnight/plan.ts';
import type { Recording } from '../../overnight/recordings.ts';
import type { Bundle } from '../../workers/bundle.ts';
import { digest, type Facts, trackOptions } from '../caption/identity.ts';
import { captionInput } from '../caption/input.ts';
import type { Target } from '../caption/outputs.ts';
import type { Reporter } from '../caption/progress.ts';
import { type CaptionSettings, readSettings, settle } from '../caption/settings.ts';
import { checkStanding, TrackExistsError } from '../caption/standing.ts';
import type { InputSummary } from '../caption/summary.ts';
import { stateDir } from '../state.ts';
import { DEFAULT_LANGUAGE } from '../track-options.ts';
import type { AttemptRequest } from './attempt.ts';
import { Captioners } from './captioners.ts';
import type { Describer } from './context.ts';
import { PlaceTakenError } from './errors.ts';
import type { WatchSettings } from './settings.ts';
import { placesFor } from './targets.ts';

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
    looks: String(plan.looks),
    profile: 'web',
    kind: 'descriptions',
    language: DEFAULT_LANGUAGE,
    resume: true,
    ...(settings.verbose ? { verbose: true } : {}),
  });
  return settle(asked, bundle);
}

/** The first place where nobody else's file stands. Throws a PlaceTakenError where there is none. */
async function freePlace(places: readonly Target[][], recording: Recording, key: string): Promise<Target[]> {
  for (const targets of places) {
    try {
      await checkStanding(stateDir(), targets, { key, source: recording.path, force: false });
      return targets;
    } catch (error) {
      if (!(error instanceof TrackExistsError)) throw error;
    }
  }
  throw new PlaceTakenError(places[0]?.[0]?.path ?? recording.path);
}

/**
 * Describes recordings in this process, one after the other. Captions are durable in a journal that goes by the
 * recording's content, so that an interrupted one goes on where it stopped, whatever it is called by then.
 */
export class LocalDescriber implements Describer {
  readonly slots = 1;
  readonly #context: DescribeContext;
  readonly #captioners: Captioners;

  constructor(context: DescribeContext) {
    this.#context = context;
    this.#captioners = new Captioners(context.bundle, context.settings.workers);
  }

  async ready({ looks }: Plan): Promise<void> {
    await this.#captioners.get(looks);
  }

  rest(): Promise<void> {
    return this.#captioners.close();
  }

  async describe({ recording, plan, night, signal }: AttemptRequest): Promise<InputSummary> {
    const { db, settings, reporter, onIndexed } = this.#context;
    const { stateFile } = settings;
    const captioner = await this.#captioners.get(plan.looks);
    const own = captionSettings(this.#context, plan);
    const content: Facts = { content: recording.content };
    const key = digest({ input: content, options: trackOptions(own), model: captioner.model.sha256 });
    const targets = await freePlace(placesFor(db, recording, settings), recording, key);
    const began = performance.now();
    const looked = { frames: plan.frames, looks: plan.looks, track: targets[0]?.path ?? '', began, night };
    const writer = new IndexWriter(db, stateFile, recording, looked, onIndexed);
    const { summary } = await captionInput(
      { settings: own, captioner, stateDir: stateDir(), signal, reporter },
      {
        source: sourceAt(recording),
        identity: content,
        owner: recording.path,
        targets,
        key,
        through: (keyframes, media) =>
          withThumbnails(keyframes, { stateFile, recording: recording.id }, media, captioner.image),
        also: [writer],
      },
    );
    await keepPictures(db, stateFile, recording.id);
    return summary;
  }
}
