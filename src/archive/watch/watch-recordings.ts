import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Reporter } from '../../captioning/reporter.ts';
import { loadSettings } from '../../config/load.ts';
import { UsageError } from '../../core/failures.ts';
import { counted } from '../../core/text/wording.ts';
import { openQueueContext, type QueueContext } from '../../queue/queue-context.ts';
import { connectClient, type RedisPlace } from '../../queue/redis/connection.ts';
import { ensureFolder } from '../../storage/folders/ensure-folder.ts';
import { loadModel } from '../../workers/load-model.ts';
import { alertsOf, readRules } from '../alerts/alert-rules.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { enqueueMatches } from '../alerts/outbox.ts';
import { openTransports } from '../alerts/transports.ts';
import { type CaptionContext, LocalRecordingCaptioner } from '../captioners/local-captioner.ts';
import { QueuedRecordingCaptioner } from '../captioners/queued-captioner.ts';
import type { RecordingCaptioner } from '../captioners/recording-captioner.ts';
import { type Database, openDatabase, readableError, writeFact } from '../index/database.ts';
import { lockState } from '../index/state-lock.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import { redateRecordings } from '../recordings/redate.ts';
import type { WatchSettings } from './watch-settings.ts';
import { WATCH_TIMINGS, type WatchTimings } from './watch-timings.ts';
import { Watcher, type WatchResult } from './watcher.ts';

/** What a run of `watch` needs of its front end. */
export interface WatchRun {
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** Default: {@link WATCH_TIMINGS}. */
  readonly timings?: WatchTimings;
}

/** A missing folder that recordings came from before is unavailable; any other is misspelt. Throws a UsageError. */
function checkRoots({ roots, stateFile }: WatchSettings): void {
  const missing = roots.filter((root) => !existsSync(root));
  if (missing.length === 0) return;
  const db = existsSync(stateFile) ? openDatabase(stateFile, { create: false }) : undefined;
  try {
    for (const root of missing) {
      if (db !== undefined && recordingsWhere(db, 'r.root = ?', root).length > 0) continue;
      throw new UsageError(`the folder ${root} does not exist: check the name`);
    }
  } finally {
    db?.close();
  }
}

/** What a run captions, said at its start. */
function startLine({ roots, zone, names, window, queue }: WatchSettings, model: string): string {
  const how = queue === undefined ? `with ${model}` : `with ${model}, by services`;
  const clock = `times in names are in ${zone}${names === undefined ? '' : ' and read by --names'}`;
  const when = window === undefined ? '' : ', in the time window only';
  return `watch: captions the recordings of ${roots.join(', ')} ${how}${when}; ${clock}`;
}

function redatedLine(recordings: number): string {
  return `corrected the times or cameras of ${counted(recordings, 'recording')}, as their names are read now: captions stay`;
}

interface OpenCaptioner {
  readonly captioner: RecordingCaptioner;
  readonly queue?: QueueContext;
}

async function openCaptioner(context: CaptionContext): Promise<OpenCaptioner> {
  const { queue: flags } = context.settings;
  if (flags === undefined) return { captioner: new LocalRecordingCaptioner(context) };
  const { settings } = await loadSettings({ flags });
  const place: RedisPlace = { url: settings.redisUrl, prefix: settings.redisPrefix };
  const queue = openQueueContext(await connectClient(place), place, settings.frameStore);
  return { captioner: new QueuedRecordingCaptioner(context, queue, place), queue };
}

/**
 * Captions the recordings of folders as they become complete. With `once` set, returns what the recordings that are there
 * now came to; otherwise watches until the signal aborts, and returns undefined. Throws a UsageError before anything is
 * started; `already-watched`; or what makes the whole run impossible (an invalid model, an unusable state file).
 */
export async function watchRecordings(settings: WatchSettings, run: WatchRun): Promise<WatchResult | undefined> {
  const { stateFile, notify: queries, exact, notifyConfidence: minConfidence } = settings;
  const { notifyBetween: window, zone } = settings;
  const alerts: Alerts = { queries, exact, minConfidence, zone, ...(window === undefined ? {} : { window }) };
  checkRoots(settings);
  const model = await loadModel(settings.model);
  for (const note of model.notes ?? []) run.reporter.note(note);
  if (!settings.quiet) run.reporter.note(startLine(settings, model.model.name));
  await ensureFolder(path.dirname(stateFile), 0o700);
  const lock = lockState(stateFile);
  const transports = openTransports(settings);
  let db: Database | undefined;
  let open: OpenCaptioner | undefined;
  try {
    const archive = openDatabase(stateFile, { create: true });
    db = archive;
    writeFact(archive, 'zone', settings.zone);
    const redated = redateRecordings(archive, settings);
    if (redated > 0) run.reporter.note(redatedLine(redated));
    const onIndexed = (recording: Recording): void => {
      const rules = readRules(archive).map((rule) => alertsOf(rule, zone));
      enqueueMatches(archive, recording, [alerts, ...rules], transports);
    };
    open = await openCaptioner({ settings, db, model, reporter: run.reporter, onIndexed });
    const { captioner } = open;
    const watcher = new Watcher({ settings, db, captioner, transports, timings: WATCH_TIMINGS, ...run });
    if (settings.once) return await watcher.once();
    await watcher.forever();
    return undefined;
  } catch (error) {
    throw readableError(stateFile, error);
  } finally {
    await open?.captioner.release();
    await open?.queue?.close();
    await Promise.all(transports.map((transport) => transport.close()));
    db?.close();
    lock.release();
  }
}
