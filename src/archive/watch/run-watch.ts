import { existsSync } from 'node:fs';
import path from 'node:path';
import { humanReporter, jsonReporter } from '../../captioning/progress.ts';
import { loadSettings } from '../../config/load.ts';
import { sentenceOf } from '../../core/errors.ts';
import { UsageError } from '../../core/failures.ts';
import { abortExitCode, onInterrupted } from '../../core/interruption.ts';
import { openQueueContext, type QueueContext } from '../../queue/queue-context.ts';
import { connectClient, type RedisPlace } from '../../queue/redis/connection.ts';
import { OutputError } from '../../storage/errors.ts';
import { type FileLock, lockFile } from '../../storage/file-lock.ts';
import { ensureFolder } from '../../storage/sink.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../../workers/bundle/bundle.ts';
import { enterMatches, type NotificationTransport } from '../alerts/outbox.ts';
import { mqttTransport, webhookTransport } from '../alerts/transports.ts';
import { type Database, openDatabase, writeFact } from '../index/database.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import { LocalRecordingCaptioner } from './caption-local.ts';
import { QueuedRecordingCaptioner } from './caption-queued.ts';
import { AlreadyWatchedError } from './errors.ts';
import type { RecordingCaptioner } from './watch-context.ts';
import type { WatchSettings } from './watch-settings.ts';
import { Watcher } from './watcher.ts';

async function lockState(file: string): Promise<FileLock> {
  await ensureFolder(path.dirname(file));
  return lockFile(file).catch((error: unknown) => {
    if (error instanceof OutputError && error.code === 'journal-busy') throw new AlreadyWatchedError(file, error);
    throw error;
  });
}

function channelsOf({ notify, webhook, mqtt }: WatchSettings): NotificationTransport[] {
  if (notify.length === 0) return [];
  return [
    ...(webhook === undefined ? [] : [webhookTransport(webhook)]),
    ...(mqtt === undefined ? [] : [mqttTransport(mqtt)]),
  ];
}

/** A folder that recordings came from before is away, and is waited for; any other is misspelt. Throws a UsageError. */
function checkKnown(missing: readonly string[], stateFile: string): void {
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

/**
 * `secondglance watch`: returns the exit code. Throws a UsageError before anything is started, or what made all of it
 * impossible (a broken bundle, a state file that is none).
 */
export async function runWatch(settings: WatchSettings, signal: AbortSignal): Promise<number> {
  const missing = settings.roots.filter((root) => !existsSync(root));
  if (missing.length > 0) checkKnown(missing, settings.stateFile);
  const bundle = await loadBundle(settings.model ?? DEFAULT_BUNDLE);
  const reporter = settings.json ? jsonReporter() : humanReporter(settings);
  onInterrupted(signal, () => reporter.note('secondglance: ending; the next run goes on from here'));
  const lock = await lockState(settings.stateFile);
  let db: Database | undefined;
  let describer: RecordingCaptioner | undefined;
  let site: QueueContext | undefined;
  const channels = channelsOf(settings);
  try {
    db = openDatabase(settings.stateFile, { create: true });
    writeFact(db, 'zone', settings.zone);
    const archive = db;
    const onIndexed = (done: Recording): void => enterMatches(archive, done, settings.notify, channels);
    const context = { settings, db, bundle, reporter, onIndexed };
    if (settings.queue === undefined) describer = new LocalRecordingCaptioner(context);
    else {
      const { settings: where } = await loadSettings({ flags: settings.queue });
      const place: RedisPlace = { url: where.redisUrl, prefix: where.redisPrefix };
      site = openQueueContext(await connectClient(place), place, where.frameStore);
      describer = new QueuedRecordingCaptioner(context, site, place);
    }
    const watcher = new Watcher({ settings, db, describer, channels, lock, reporter, signal });
    const exitCode = settings.once ? await watcher.once() : await watcher.forever();
    return abortExitCode(signal) ?? exitCode;
  } catch (error) {
    const code = abortExitCode(signal);
    if (code !== undefined) return code;
    if (settings.json) process.stdout.write(`${JSON.stringify({ event: 'failed', message: sentenceOf(error) })}\n`);
    throw error;
  } finally {
    await describer?.rest();
    await site?.close();
    await Promise.all(channels.map((channel) => channel.close()));
    db?.close();
    await lock.release();
  }
}
