import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Alerts } from '../../archive/alerts/alerts.ts';
import { parseNames } from '../../archive/clock/name-patterns.ts';
import { parseWindow } from '../../archive/clock/time-window.ts';
import { toMatch } from '../../archive/index/query.ts';
import { parseSize, parseZone, stateFileOf } from '../../archive/watch/watch-settings.ts';
import { parseShare, parseTime, parseWhole } from '../../config/flag-values.ts';
import type { Settings } from '../../config/settings-schema.ts';
import { orUsage, UsageError } from '../../core/failures.ts';

/** The options of `live` that say where captions go, as a command line gives them. */
export interface LiveOutputFlags {
  readonly output?: string;
  readonly window?: string;
  readonly zone?: string;
  readonly segments?: string;
  readonly segmentNames?: string;
  readonly state?: string;
  readonly notify?: readonly string[];
  readonly exact?: boolean;
  readonly notifyConfidence?: string;
  readonly notifyBetween?: string;
  readonly notifyPause?: string;
  readonly keepDays?: string;
  readonly keepSize?: string;
  readonly events?: boolean;
}

/** Which words users are notified of, and how often. */
export interface LiveAlerts extends Omit<Alerts, 'camera'> {
  /** Milliseconds for which the words must not have been seen before the next notification. */
  readonly pause: number;
}

/** Checked settings of the outputs of `live`. */
export interface LiveOutputSettings {
  /** The names of all sources, as events have them. */
  readonly sources: readonly string[];
  /** Absolute. In it, each source has a folder of its own. */
  readonly folder?: string;
  /** How much of a playlist is kept, in milliseconds. */
  readonly window: number;
  /** The days of files are those of this zone, as IANA names it. */
  readonly zone: string;
  /** Where another program records the sources meanwhile. */
  readonly segments?: { readonly folder: string; readonly names?: RegExp };
  /** The state file of the archive. */
  readonly stateFile?: string;
  readonly keepDays?: number;
  /** Bytes. */
  readonly keepSize?: number;
  readonly alerts: LiveAlerts;
  /** The run reports events. */
  readonly events: boolean;
  readonly webhook?: string;
  readonly mqtt?: string;
  /** Topic prefix of Home Assistant's discovery; undefined: nothing is announced. */
  readonly discovery?: string;
}

/** Shortest and longest `--window`, in milliseconds. */
const WINDOWS = [30_000, 86_400_000] as const;

function parsePlaylistWindow(text: string): number {
  const window = Math.round(parseTime(text, '--window') / 1000);
  if (window < WINDOWS[0] || window > WINDOWS[1]) throw new UsageError(`--window ${text}: give a time from 30s to 24h`);
  return window;
}

function parseAlerts(
  flags: LiveOutputFlags,
  zone: string,
  { webhook, mqtt }: Pick<Settings, 'webhook' | 'mqtt'>,
): LiveAlerts {
  const { notifyBetween } = flags;
  const queries = [...new Set(flags.notify ?? [])];
  for (const words of queries) orUsage(() => toMatch(words));
  const details = [flags.exact, flags.notifyConfidence, notifyBetween, flags.notifyPause];
  const detailed = details.some((flag) => flag !== undefined);
  if (queries.length === 0 && detailed) {
    throw new UsageError(
      '--exact, --notify-confidence, --notify-between and --notify-pause belong to --notify: add it, or leave them out',
    );
  }
  if (queries.length > 0 && webhook === undefined && mqtt === undefined) {
    throw new UsageError('--notify needs a destination: add --webhook or --mqtt');
  }
  return {
    queries,
    exact: flags.exact ?? false,
    minConfidence: parseShare(flags.notifyConfidence ?? '0.5', '--notify-confidence'),
    zone,
    ...(notifyBetween === undefined ? {} : { window: orUsage(() => parseWindow(notifyBetween)) }),
    pause: Math.round(parseTime(flags.notifyPause ?? '2m', '--notify-pause') / 1000),
  };
}

function segmentsOf({ segments, segmentNames }: LiveOutputFlags): Pick<LiveOutputSettings, 'segments'> {
  if (segments === undefined) {
    if (segmentNames === undefined) return {};
    throw new UsageError('--segment-names belongs to --segments: add it, or leave it out');
  }
  if (!existsSync(segments)) throw new UsageError(`--segments ${segments}: there is no such folder`);
  if (!statSync(segments).isDirectory()) throw new UsageError(`--segments ${segments}: is not a folder`);
  const names = segmentNames === undefined ? {} : { names: orUsage(() => parseNames(segmentNames)) };
  return { segments: { folder: path.resolve(segments), ...names } };
}

/** Checks the options of outputs. `settings`: where notifications go. Throws a UsageError. */
export function readLiveOutputSettings(
  sources: readonly string[],
  flags: LiveOutputFlags,
  settings: Pick<Settings, 'webhook' | 'mqtt' | 'mqttDiscovery'>,
): LiveOutputSettings {
  const { webhook, mqtt, mqttDiscovery } = settings;
  if (flags.window !== undefined && flags.output === undefined) {
    throw new UsageError('--window is the length of the playlists in -o: add -o, or leave it out');
  }
  if (flags.state === undefined && (flags.keepDays !== undefined || flags.keepSize !== undefined)) {
    throw new UsageError('--keep-days and --keep-size belong to --state: add it, or leave them out');
  }
  const zone = parseZone(flags.zone);
  return {
    sources,
    ...(flags.output === undefined ? {} : { folder: path.resolve(flags.output) }),
    window: parsePlaylistWindow(flags.window ?? '5m'),
    zone,
    ...segmentsOf(flags),
    ...(flags.state === undefined ? {} : { stateFile: stateFileOf(flags.state) }),
    ...(flags.keepDays === undefined ? {} : { keepDays: parseWhole(flags.keepDays, '--keep-days', 1, 36_500) }),
    ...(flags.keepSize === undefined ? {} : { keepSize: parseSize(flags.keepSize) }),
    alerts: parseAlerts(flags, zone, settings),
    events: flags.events ?? false,
    ...(webhook === undefined ? {} : { webhook }),
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(mqttDiscovery === 'none' ? {} : { discovery: mqttDiscovery }),
  };
}
