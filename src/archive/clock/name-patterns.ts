import { IngestError } from '../../ingest/errors.ts';
import { timeInDatedFolder } from './dated-folders.ts';
import { isLocalTime, type LocalTime } from './time-zone.ts';

/** What a recording's name says. */
export interface NamedTime {
  /** Start in the recorder's zone, or with `offset`. Absent where `epoch` is given. */
  readonly local?: LocalTime;
  /** Minutes ahead of UTC. */
  readonly offset?: number;
  /** Start in milliseconds since 1970. */
  readonly epoch?: number;
  /** Name of the camera. */
  readonly camera?: string;
}

/** A pattern of recordings' names. {@link fromGroups} reads the groups of `match`. */
interface NamePattern {
  readonly match: RegExp;
  /** The names are in UTC. */
  readonly utc?: true;
}

const DATE = '(?<year>(?:19|20)\\d\\d)(?<month>[01]\\d)(?<day>[0-3]\\d)';
const TIME = '(?<hour>[0-2]\\d)(?<minute>[0-5]\\d)(?<second>[0-5]\\d)';
const SPACED_DATE = '(?<year>(?:19|20)\\d\\d)[-_.](?<month>[01]\\d)[-_.](?<day>[0-3]\\d)';

/** Patterns of recorders that put a part of the time into folders, matched against the path below the watched folder, with `/`. */
const FOLDERS: readonly NamePattern[] = [
  // Frigate: recordings/2026-11-24/22/front/05.09.mp4, in UTC since 0.12; recordings/2021-11/24/22/front/05.09.mp4 before.
  {
    match:
      /(?:^|\/)(?<year>(?:19|20)\d\d)-(?<month>\d\d)-(?<day>\d\d)\/(?<hour>\d\d)\/(?<camera>[^/]+)\/(?<minute>[0-5]\d)\.(?<second>[0-5]\d)\.\w+$/,
    utc: true,
  },
  {
    match:
      /(?:^|\/)(?<year>(?:19|20)\d\d)-(?<month>\d\d)\/(?<day>\d\d)\/(?<hour>\d\d)\/(?<camera>[^/]+)\/(?<minute>[0-5]\d)\.(?<second>[0-5]\d)\.\w+$/,
  },
  // Dahua: 2026-11-24/001/dav/22/22.05.09-22.10.09[M][0@0][0].dav
  {
    match:
      /(?:^|\/)(?<year>(?:19|20)\d\d)-(?<month>\d\d)-(?<day>\d\d)\/(?:[^/]+\/)*(?<hour>\d\d)\.(?<minute>\d\d)\.(?<second>\d\d)-\d\d\.\d\d\.\d\d/,
  },
];

/** Patterns of the names of common recorders, the most specific first. A date is never part of a longer number. */
const PATTERNS: readonly NamePattern[] = [
  // Frigate, clips: front-1732485909.123456-ab12cd.mp4
  { match: /(?:^|\/)(?<camera>[^/]+)-(?<epoch>1\d{9}\.\d{1,6})-\w+\.\w+$/ },
  // Synology Surveillance Station: Front-20261124-220509-1795557909.mp4; the last number is exact.
  { match: /(?:^|\/)(?<camera>[^/]+)-(?:19|20)\d{6}-\d{6}-(?<epoch>[12]\d{9})(?:\d{3})?\.\w+$/ },
  // UniFi Protect: "Front Door 11-24-2026, 22.05.09 GMT+1 - 11-24-2026, 22.10.09 GMT+1.mp4", "Front Door - 2-9-2020, 11.21.12pm.mp4"
  {
    match:
      /(?:^|\/)(?<camera>[^/]+?)(?: -)? (?<month>\d{1,2})-(?<day>\d{1,2})-(?<year>(?:19|20)\d\d), (?<hour>\d{1,2})\.(?<minute>\d\d)\.(?<second>\d\d)(?<half>[ap]m)?(?: GMT(?<sign>[+-])(?<zoneHour>\d{1,2})(?::?(?<zoneMinute>\d\d))?)?/,
  },
  // UniFi, on the recorder's own disk: F09FC2C4AABB_0_rotating_1795557909123.ubv
  { match: /(?:^|\/)(?<camera>[^/]+?)_\d_\w+_(?<epochMs>1\d{12})\.\w+$/ },
  // Viseron's segments, and ffmpeg's with -strftime 1 and %s: 1795557909.mp4, with milliseconds in others.
  { match: /(?:^|\/)(?<epoch>1[5-9]\d{8})\.\w+$/ },
  { match: /(?:^|\/)(?<epochMs>1[5-9]\d{11})\.\w+$/ },
  // Reolink, on the card: RecM01_20261124_220509_221009_6D28808_1A2B3C.mp4, with DST before the date in summer.
  { match: new RegExp(`(?:^|/)(?<camera>Rec[A-Z]\\d\\d)_(?:DST)?${DATE}_${TIME}_\\d{6}_`) },
  // Reolink (FTP): front_00_20261124220509.mp4. Hikvision: ch01_20261124220509.mp4, 192.168.1.64_01_20261124220509123_1.mp4.
  {
    match: new RegExp(`(?:^|/)(?:(?<camera>[^/]*?)[_-])?(?:\\d\\d_)?${DATE}${TIME}(?<millisecond>\\d{3})?(?![\\d])`),
  },
  // Blue Iris: Front.20261124_220509.mp4. Also Front_20261124-220509.mp4, with any text around it.
  { match: new RegExp(`(?:^|/)(?:(?<camera>[^/]*?)[._ -]+)?${DATE}[-_T ]${TIME}(?<utc>Z)?(?!\\d)`) },
  // 2026-11-24T22-05-09Z, 2026-11-24_22.05.09, front-2026-11-24-22-05-09+0100
  {
    match: new RegExp(
      `(?:^|/)(?:(?<camera>[^/]*?)[._ -]+)?${SPACED_DATE}[-_T. ](?<hour>[0-2]\\d)[-_.:h](?<minute>[0-5]\\d)[-_.:m](?<second>[0-5]\\d)(?:(?<utc>Z)|(?<sign>[+-])(?<zoneHour>\\d\\d):?(?<zoneMinute>\\d\\d))?(?!\\d)`,
    ),
  },
];

function hourOf(text: string | undefined, half: string | undefined): number {
  const hour = Number(text ?? 0);
  return half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0);
}

function fromGroups(groups: Readonly<Record<string, string | undefined>>, utc: boolean): NamedTime | undefined {
  const camera = groups.camera === undefined || groups.camera === '' ? {} : { camera: groups.camera };
  if (groups.epoch !== undefined) return { epoch: Math.round(Number(groups.epoch) * 1000), ...camera };
  if (groups.epochMs !== undefined) return { epoch: Number(groups.epochMs), ...camera };
  const local: LocalTime = {
    year: Number(groups.year),
    month: Number(groups.month),
    day: Number(groups.day),
    hour: hourOf(groups.hour, groups.half),
    minute: Number(groups.minute ?? 0),
    second: Number(groups.second ?? 0),
    millisecond: Number(groups.millisecond ?? 0),
  };
  if (!isLocalTime(local)) return undefined;
  if (utc || groups.utc !== undefined) return { local, offset: 0, ...camera };
  if (groups.zoneHour === undefined) return { local, ...camera };
  const minutes = Number(groups.zoneHour) * 60 + Number(groups.zoneMinute ?? 0);
  return { local, offset: groups.sign === '-' ? -minutes : minutes, ...camera };
}

/** Fields of a custom pattern, as regular expressions. */
const FIELDS: Readonly<Record<string, string>> = {
  '%Y': '(?<year>\\d{4})',
  '%m': '(?<month>\\d{1,2})',
  '%d': '(?<day>\\d{1,2})',
  '%H': '(?<hour>\\d{1,2})',
  '%M': '(?<minute>\\d{1,2})',
  '%S': '(?<second>\\d{1,2})',
  '%f': '(?<millisecond>\\d{3})',
  '%s': '(?<epoch>\\d{9,10}(?:\\.\\d+)?)',
  '%z': '(?:(?<utc>Z)|(?<sign>[+-])(?<zoneHour>\\d\\d):?(?<zoneMinute>\\d\\d))',
  '%%': '%',
  '{camera}': '(?<camera>[^/]+?)',
  '*': '[^/]*',
};

/**
 * Parses a custom pattern, `{camera}/%Y-%m-%d/%H-%M-%S`, with `%f` for milliseconds, `%s` for seconds since 1970, `%z` for the
 * offset and `*` for anything. It matches the end of the path without extension. Throws `invalid-names`.
 */
export function parseNames(pattern: string): RegExp {
  let source = '';
  const seen = new Set<string>();
  for (const [part] of pattern.matchAll(/%.|\{camera\}|\*|[^%{*]+|./gs)) {
    const field = FIELDS[part];
    if (field === undefined && (part.startsWith('%') || part === '{')) {
      const known = Object.keys(FIELDS).join(' ');
      throw new IngestError('invalid-names', `"${pattern}": ${part} is not a field; the fields are ${known}.`);
    }
    if (field !== undefined && part !== '*' && part !== '%%' && seen.has(part)) {
      throw new IngestError('invalid-names', `"${pattern}": ${part} may occur only once.`);
    }
    seen.add(part);
    source += field ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  if (!seen.has('%s') && !(seen.has('%Y') && seen.has('%m') && seen.has('%d'))) {
    throw new IngestError(
      'invalid-names',
      `"${pattern}" needs %Y, %m and %d, or %s, to give the start of a recording.`,
    );
  }
  return new RegExp(`(?:^|/)${source}\\.\\w+$`);
}

/** Motion's names start with the number of the event: `042-20250210170144.mkv`. With `_` it is that of a channel. */
function isEventNumber(path: string, camera: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /^\d+(?:-\d+)*$/.test(camera) && name.startsWith(`${camera}-`);
}

/** The first of `patterns` that finds a time. */
function firstTime(text: string, patterns: readonly NamePattern[]): NamedTime | undefined {
  for (const { match, utc } of patterns) {
    const groups = match.exec(text)?.groups;
    const time = groups === undefined ? undefined : fromGroups(groups, utc === true);
    if (time !== undefined) return time;
  }
  return undefined;
}

function folderTime(path: string): NamedTime | undefined {
  const found = timeInDatedFolder(path);
  if (found === undefined) return undefined;
  const { before, ...time } = found;
  return before === '' ? time : { ...time, camera: before };
}

/**
 * Reads the start and the camera from a recording's path (below the watched folder, with `/`), in the patterns of Frigate,
 * UniFi Protect, Reolink, Hikvision, Dahua, Synology, Blue Iris and Motion, from a date in the folders and a time in the name, or in a
 * custom pattern. Undefined where it has no time.
 */
export function namedTime(path: string, custom?: RegExp): NamedTime | undefined {
  if (custom !== undefined) return firstTime(path, [{ match: custom }]);
  // A time in the file's own name is of that file; one in a folder's name may be that of an event with many files.
  const own = path.slice(path.lastIndexOf('/') + 1);
  const found = firstTime(own, PATTERNS) ?? firstTime(path, FOLDERS) ?? folderTime(path) ?? firstTime(path, PATTERNS);
  if (found?.camera === undefined || !isEventNumber(path, found.camera)) return found;
  const { camera: _, ...time } = found;
  return time;
}
