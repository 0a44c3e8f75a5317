import { isLocalTime, type LocalTime } from './time-zone.ts';

/** A time whose date is in the folders of a path. */
export interface FolderTime {
  readonly local: LocalTime;
  /** Minutes ahead of UTC, where the name says it. */
  readonly offset?: number;
  /** What the name has before the time. */
  readonly before: string;
}

/** `2026-11-24`, `20261124`, `2026/11/24`, `2026-11/24`, with any text around it; perhaps with the hour: `2026112422`. */
const DATE =
  /(?<!\d)(?<year>(?:19|20)\d\d)[-_./]?(?<month>0[1-9]|1[0-2])[-_./]?(?<day>0[1-9]|[12]\d|3[01])(?:[-_T ]?(?<hour>[01]\d|2[0-3]))?(?!\d)/g;
/** Yi: `2026Y11M24D22H`. */
const LETTERED = /(?<!\d)(?<year>(?:19|20)\d\d)Y(?<month>\d\d)M(?<day>\d\d)D(?:(?<hour>\d\d)H)?/g;
/** `22-05-09`, `22.05.09`, `22h05m09s`, `10-05-09 PM`, `22:05:09.250`, `22-05-09+01:00`. */
const SEPARATED =
  /(?<!\d)(?<hour>[0-2]\d)(?<by>[-_.: h])(?<minute>[0-5]\d)(?:\k<by>|(?<=h\d\d)m)(?<second>[0-5]\d)s?(?:\.(?<millisecond>\d{3})(?!\d))?(?:[ _-]?(?<half>[ap]m)(?![a-z])|(?<utc>Z)|(?<sign>[+-])(?<zoneHour>\d\d):?(?<zoneMinute>\d\d)(?!\d))?(?!\d)/gi;
/** `220509` */
const DENSE = /(?<!\d)(?<hour>[01]\d|2[0-3])(?<minute>[0-5]\d)(?<second>[0-5]\d)(?!\d)/g;
/** Below the folder of an hour: `05.09`, `0509`, `05M09S` (Xiaomi, Yi), and `05` for a whole minute (Wyze). */
const IN_HOUR = /^(?<minute>[0-5]\d)(?:(?:[-_.:m ](?<second>[0-5]\d)(?!\d)(?!\.\d)s?)|(?<dense>[0-5]\d)?$)/i;
/** The folder of an hour: `22`. */
const HOUR = /^(?:[01]\d|2[0-3])$/;

type Groups = Readonly<Record<string, string | undefined>>;

/** The last date in the folders, and the folders below it. */
function dateIn(
  folders: readonly string[],
): { readonly groups: Groups; readonly below: readonly string[] } | undefined {
  const joined = folders.join('/');
  const last = [...joined.matchAll(DATE), ...joined.matchAll(LETTERED)].sort((a, b) => a.index - b.index).at(-1);
  if (last?.groups === undefined) return undefined;
  const below = joined
    .slice(last.index + last[0].length)
    .split('/')
    .slice(1);
  return { groups: last.groups, below };
}

/** True for `22.05.09` in a longer row of numbers, such as an address. */
function isInRow({ 0: text, index, input, groups }: RegExpExecArray): boolean {
  const by = groups?.by ?? '';
  const [before, after] = [input.slice(0, index), input.slice(index + text.length)];
  const digitBefore = before.endsWith(by) && /\d$/.test(before.slice(0, -1));
  return by === '.' && (digitBefore || /^\.\d{1,2}(?!\d)/.test(after));
}

function timeIn(name: string, hour: string | undefined): { readonly groups: Groups; readonly at: number } | undefined {
  const whole = [...name.matchAll(SEPARATED)].find((match) => !isInRow(match)) ?? [...name.matchAll(DENSE)][0];
  if (whole?.groups !== undefined) {
    // Where the folder says another hour, the name is of a kind that is not known.
    const same = hour === undefined || whole.groups.half !== undefined || whole.groups.hour === hour;
    return same ? { groups: whole.groups, at: whole.index } : undefined;
  }
  if (hour === undefined) return undefined;
  const part = IN_HOUR.exec(name)?.groups;
  return part === undefined
    ? undefined
    : { groups: { ...part, hour, second: part.second ?? part.dense ?? '0' }, at: 0 };
}

function hourOf({ hour, half }: Groups): number {
  const shown = Number(hour);
  return half === undefined ? shown : (shown % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

/**
 * Reads the start of a recording whose date is in its folders and whose time is in its name, as motionEye, Viseron, Wyze, Xiaomi, Yi and
 * many NVRs lay them out: `front/2026-11-24/22-05-09.mp4`, `front/2026/11/24/22/05.09.mp4`, `20261124/front_220509.mp4`. The folder
 * of the hour may be anywhere below that of the date. Undefined where there is no date or no time.
 * @param path below the watched folder, with `/`
 */
export function timeInDatedFolder(path: string): FolderTime | undefined {
  const folders = path.split('/');
  const name = (folders.pop() ?? '').replace(/\.\w+$/, '');
  const date = dateIn(folders);
  if (date === undefined) return undefined;
  const time = timeIn(name, date.groups.hour ?? date.below.findLast((folder) => HOUR.test(folder)));
  if (time === undefined) return undefined;
  const { minute, second, millisecond, utc, sign, zoneHour, zoneMinute } = time.groups;
  const local: LocalTime = {
    year: Number(date.groups.year),
    month: Number(date.groups.month),
    day: Number(date.groups.day),
    hour: hourOf(time.groups),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(millisecond ?? 0),
  };
  if (!isLocalTime(local)) return undefined;
  const before = name.slice(0, time.at).replace(/[-_. ]+$/, '');
  if (utc !== undefined) return { local, offset: 0, before };
  if (zoneHour === undefined) return { local, before };
  const minutes = Number(zoneHour) * 60 + Number(zoneMinute);
  return { local, offset: sign === '-' ? -minutes : minutes, before };
}

/** What a folder's name says besides a date: `front` of `2026-11-24_front`; empty for a mere date, hour or number. */
export function withoutDate(folder: string): string {
  const rest = folder
    .replace(DATE, ' ')
    .replace(LETTERED, ' ')
    .replace(/^[-_. ]+|[-_. ]+$/g, '');
  return /^(?:\d+(?:[-_.]\d+)*[-_.]?)?(?:[AP]M)?$/i.test(rest) ? '' : rest;
}
