import path from 'node:path';
import type { Captioner } from '../../core/types.ts';
import { IndexWriter, type OnIndexed } from '../../overnight/cues.ts';
import type { Database } from '../../overnight/database.ts';
import { sourceAt } from '../../overnight/enrol.ts';
import { prunePictures, withThumbnails } from '../../overnight/pictures.ts';
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
import { DEFAULT_LANGUAGE } from '../track-options.ts';
import type { WatchSettings } from './settings.ts';

/** What describing a recording takes besides the recording. */
export interface DescribeContext {
  readonly settings: WatchSettings;
  readonly db: Database;
  readonly stateDir: string;
  /** The captioner's: brings the least confidence of what goes into tracks. */
  readonly bundle: Bundle;
  readonly captioner: Captioner;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  readonly onIndexed: OnIndexed;
}

/** As `caption` would be asked for it. */
function captionSettings({ settings, bundle }: DescribeContext, plan: Plan): CaptionSettings {
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

/** Where a recording's tracks go, extension left out: beside it, or under the output folder in the same tree. */
function trunkOf({ path: file, root }: Recording, { output, roots }: WatchSettings): string {
  if (output === undefined) return file;
  const below = path.relative(root, file);
  return path.join(output, ...(roots.length > 1 ? [path.basename(root)] : []), below);
}

/**
 * The tracks of a recording: `front.vtt` for `front.mp4`, and `front.mp4.vtt` where the first is another recording's.
 * Throws a TrackExistsError where somebody else's file stands there.
 */
async function targetsOf(context: DescribeContext, recording: Recording, key: string): Promise<Target[]> {
  const { settings, stateDir } = context;
  const whole = trunkOf(recording, settings);
  const stem = path.join(path.dirname(whole), path.basename(whole, path.extname(whole)));
  let refusal: unknown;
  for (const trunk of [stem, whole]) {
    const targets = settings.formats.map((format) => ({ format, path: `${trunk}.${format}` }));
    try {
      await checkStanding(stateDir, targets, { key, source: recording.content, force: false });
      return targets;
    } catch (error) {
      if (!(error instanceof TrackExistsError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/**
 * Describes one recording: tracks, cues in the archive, pictures. Captions are durable in a journal that goes by the
 * recording's content, so that an interrupted one goes on where it stopped, whatever it is called by then. Throws what made
 * the whole recording fail; the archive says `done` or `partial` of it otherwise.
 */
export async function describeRecording(
  context: DescribeContext,
  recording: Recording,
  plan: Plan,
): Promise<InputSummary> {
  const { db, settings, stateDir, captioner, signal, reporter, onIndexed } = context;
  const own = captionSettings(context, plan);
  // `path` is what the ledger takes for the place of the input: the content, which stays when the file is renamed.
  const identity: Facts = { path: recording.content };
  const key = digest({ input: identity, options: trackOptions(own), model: captioner.model.sha256 });
  const targets = await targetsOf(context, recording, key);
  const { stateFile } = settings;
  const looked = {
    frames: plan.frames,
    looks: plan.looks,
    track: targets[0]?.path ?? '',
    began: performance.now(),
  };
  const writer = new IndexWriter(db, stateFile, recording, looked, onIndexed);
  const { summary } = await captionInput(
    { settings: own, captioner, stateDir, signal, reporter },
    {
      source: sourceAt({ path: recording.path }),
      identity,
      targets,
      key,
      through: (keyframes, media) =>
        withThumbnails(keyframes, { stateFile, recording: recording.id }, media, captioner.image),
      also: [writer],
    },
  );
  const rows = db.prepare('SELECT picture FROM cues WHERE recording = ?').all(recording.id) as { picture: number }[];
  await prunePictures(stateFile, recording.id, new Set(rows.map(({ picture }) => picture)));
  return summary;
}
