import path from 'node:path';
import { parseFormats } from '../../captioning/outputs/plan-outputs.ts';
import { parseShare, parseTime, parseWhole } from '../../config/flag-values.ts';
import type { SettingFlags } from '../../config/load.ts';
import type { Settings } from '../../config/settings-schema.ts';
import { stateDir } from '../../config/state-folder.ts';
import { orUsage, UsageError } from '../../core/failures.ts';
import { hideSecrets } from '../../core/text/secrets.ts';
import { type FormatName, TEXT_FORMAT_NAMES } from '../../pipeline/formats/formats.ts';
import type { ModelChoice } from '../../workers/load-model.ts';
import { modelOf } from '../../workers/model-flags.ts';
import { parseNames } from '../clock/name-patterns.ts';
import { parseWindow, type TimeWindow } from '../clock/time-window.ts';
import { isZone, systemZone } from '../clock/time-zone.ts';
import { toMatch } from '../index/query.ts';

/** The options of `watch` as text, as a command line gives them. */
export interface WatchFlags extends SettingFlags {
  readonly window?: string;
  readonly state?: string;
  readonly output?: string;
  readonly format: string;
  readonly once?: boolean;
  readonly zone?: string;
  readonly names?: string;
  readonly settle: string;
  readonly notify?: readonly string[];
  readonly exact?: boolean;
  readonly notifyConfidence?: string;
  readonly notifyBetween?: string;
  readonly keepDays?: string;
  readonly keepSize?: string;
  readonly queue?: boolean;
  readonly events?: boolean;
  readonly model?: string;
  readonly workers?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Checked settings of `watch`. */
export interface WatchSettings {
  /** Watched folders, absolute. */
  readonly roots: readonly string[];
  readonly window?: TimeWindow;
  readonly stateFile: string;
  /** Absolute folder of the tracks; default: beside the recordings. */
  readonly output?: string;
  readonly formats: readonly FormatName[];
  readonly once: boolean;
  /** One caption for each event. */
  readonly events: boolean;
  readonly zone: string;
  readonly names?: RegExp;
  /** Milliseconds for which a file has to stay unchanged. */
  readonly settle: number;
  readonly notify: readonly string[];
  /** Words of `notify` do not stand for kinds. */
  readonly exact: boolean;
  /** Least confidence of a caption that someone is notified of. */
  readonly notifyConfidence: number;
  /** The time of day, in `zone`, of captions that someone is notified of. */
  readonly notifyBetween?: TimeWindow;
  readonly webhook?: string;
  readonly mqtt?: string;
  readonly keepDays?: number;
  /** Bytes. */
  readonly keepSize?: number;
  /** Where the queue of the services is; default: caption in this process. */
  readonly queue?: SettingFlags;
  readonly model?: ModelChoice;
  readonly workers?: number;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Path of the state file: `--state`, or `overnight.db` in the state folder. */
export function stateFileOf(state: string | undefined): string {
  return state === undefined ? path.join(stateDir(), 'overnight.db') : path.resolve(state);
}

/** Reads `--zone`, by default this machine's. Throws a UsageError. */
export function parseZone(zone: string | undefined): string {
  if (zone === undefined) return systemZone();
  if (!isZone(zone)) throw new UsageError(`--zone ${zone}: not a time zone; write it as Europe/Berlin or UTC`);
  return zone;
}

/** Reads `--keep-size`: `500M`, `10G`. Bytes. Throws a UsageError. */
export function parseSize(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT])i?B?$/i.exec(text) ?? [];
  const size = Number(amount) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
  if (!(size > 0)) throw new UsageError(`--keep-size ${text}: not a size; write it as 500M or 10G`);
  return Math.round(size);
}

const STREAM_ADVICE = `have the camera or ffmpeg write recordings into a folder, and watch that folder:
  ffmpeg -rtsp_transport tcp -i ADDRESS -c copy -f segment -segment_time 300 -strftime 1 recordings/front/%Y%m%d%H%M%S.mkv`;

/** Throws a UsageError for the address of a stream or a file, which cannot be watched. */
function checkFolders(folders: readonly string[]): void {
  const address = folders.find((folder) => /^[a-z][a-z\d+.-]*:\/\//i.test(folder));
  if (address === undefined) return;
  const what = `${hideSecrets(address)} is an address, but watch reads folders of recordings`;
  throw new UsageError(
    `${what}: ${/^(?:rtsp|rtmp|srt|udp|rtp)/i.test(address) ? STREAM_ADVICE : 'download the recordings into a folder, or use secondglance caption'}`,
  );
}

/** Checks folders and options. `settings`: where notifications go. Throws a UsageError. */
export function readWatchSettings(
  folders: readonly string[],
  flags: WatchFlags,
  { webhook, mqtt }: Pick<Settings, 'webhook' | 'mqtt'>,
): WatchSettings {
  checkFolders(folders);
  const roots = [...new Set(folders.map((folder) => path.resolve(folder)))];
  const nested = roots.find((root) => roots.some((other) => root !== other && `${root}/`.startsWith(`${other}/`)));
  if (nested !== undefined) throw new UsageError(`${nested} is inside another watched folder: name only one of them`);
  const formats = parseFormats(flags.format);
  const copying = formats.find((name) => !TEXT_FORMAT_NAMES.includes(name));
  if (copying !== undefined) throw new UsageError(`-f ${copying} copies the video, but watch writes tracks only`);
  if (flags.queue === true && flags.workers !== undefined) {
    throw new UsageError(
      '--workers starts inference processes in this command; with --queue the services have their own',
    );
  }
  const notify = flags.notify ?? [];
  for (const words of notify) orUsage(() => toMatch(words));
  const detailed = [flags.exact, flags.notifyConfidence, flags.notifyBetween].some((flag) => flag !== undefined);
  if (notify.length === 0 && detailed) {
    throw new UsageError(
      '--exact, --notify-confidence and --notify-between belong to --notify: add it, or leave them out',
    );
  }
  if (notify.length > 0 && webhook === undefined && mqtt === undefined) {
    throw new UsageError('--notify needs a destination: add --webhook or --mqtt');
  }
  const model = modelOf(flags);
  return {
    roots,
    ...(flags.window === undefined ? {} : { window: orUsage(() => parseWindow(flags.window ?? '')) }),
    stateFile: stateFileOf(flags.state),
    ...(flags.output === undefined ? {} : { output: path.resolve(flags.output) }),
    formats,
    once: flags.once ?? false,
    events: flags.events ?? false,
    zone: parseZone(flags.zone),
    ...(flags.names === undefined ? {} : { names: orUsage(() => parseNames(flags.names ?? '')) }),
    settle: Math.round(parseTime(flags.settle, '--settle') / 1000),
    notify,
    exact: flags.exact ?? false,
    notifyConfidence: parseShare(flags.notifyConfidence ?? '0.5', '--notify-confidence'),
    ...(flags.notifyBetween === undefined
      ? {}
      : { notifyBetween: orUsage(() => parseWindow(flags.notifyBetween ?? '')) }),
    ...(webhook === undefined ? {} : { webhook }),
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(flags.keepDays === undefined ? {} : { keepDays: parseWhole(flags.keepDays, '--keep-days', 1, 36_500) }),
    ...(flags.keepSize === undefined ? {} : { keepSize: parseSize(flags.keepSize) }),
    ...(flags.queue === true ? { queue: flags } : {}),
    ...(model === undefined ? {} : { model }),
    ...(flags.workers === undefined ? {} : { workers: parseWhole(flags.workers, '--workers', 1, 256) }),
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
  };
}
