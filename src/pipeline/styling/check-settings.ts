/** A setting of a cue that players ignore. */
export interface BadSetting {
  /** As the file has it: `line:200%`. */
  readonly setting: string;
  /** What is wrong with it, as the end of a sentence. */
  readonly reason: string;
  /** What was meant, where that is certain. */
  readonly instead?: string;
}

/** A share of the picture, from 0 to 100. */
function isPercentage(text: string): boolean {
  return /^\d+(?:\.\d+)?%$/.test(text) && Number.parseFloat(text) <= 100;
}

function isLine(text: string): boolean {
  const [offset = '', align = 'start', ...more] = text.split(',');
  const known = /^(?:start|center|end)$/.test(align) && more.length === 0;
  return known && (isPercentage(offset) || /^-?\d+(?:\.\d+)?$/.test(offset));
}

function isPosition(text: string): boolean {
  const [offset = '', align = 'center', ...more] = text.split(',');
  return /^(?:line-left|center|line-right)$/.test(align) && more.length === 0 && isPercentage(offset);
}

/** The settings of WebVTT (3.5) and what they may say. */
const VALUES: Readonly<Record<string, { readonly valid: (text: string) => boolean; readonly usage: string }>> = {
  vertical: { valid: (text) => /^(?:rl|lr)$/.test(text), usage: 'rl or lr' },
  line: { valid: isLine, usage: 'a number, or 0% to 100%, with ,start ,center or ,end behind it or not' },
  position: { valid: isPosition, usage: '0% to 100%, with ,line-left ,center or ,line-right behind it or not' },
  size: { valid: isPercentage, usage: '0% to 100%' },
  align: {
    valid: (text) => /^(?:start|center|end|left|right)$/.test(text),
    usage: 'start, center, end, left or right',
  },
};

/** Values of drafts of WebVTT that current players do not know. */
const FORMER: ReadonlyMap<string, string> = new Map([['align:middle', 'align:center']]);

function checkSetting(setting: string, regions: ReadonlySet<string>): Omit<BadSetting, 'setting'> | undefined {
  const at = setting.indexOf(':');
  const [name, value] = at === -1 ? [setting, ''] : [setting.slice(0, at), setting.slice(at + 1)];
  if (name === 'region') {
    return regions.has(value) ? undefined : { reason: 'no REGION block before the first cue has that id' };
  }
  const known = VALUES[name];
  if (known === undefined) {
    return { reason: `WebVTT has no such setting: use ${[...Object.keys(VALUES), 'region'].join(', ')}` };
  }
  if (known.valid(value)) return undefined;
  const instead = FORMER.get(setting);
  return { reason: `use ${known.usage}`, ...(instead === undefined ? {} : { instead }) };
}

/** The ids of REGION blocks. */
function regionIds(blocks: readonly string[]): Set<string> {
  const regions = blocks.filter((block) => block.startsWith('REGION'));
  return new Set(regions.flatMap((block) => /(?:^|\s)id:(\S+)/.exec(block)?.[1] ?? []));
}

/**
 * The settings behind the times of a cue that players ignore, in their order.
 * @param blocks STYLE and REGION blocks of the track
 */
export function badSettings(settings: string, format: 'vtt' | 'srt', blocks: readonly string[]): BadSetting[] {
  const parts = settings.split(/\s+/).filter((part) => part !== '');
  if (format === 'srt') {
    const unknown = parts.filter((setting) => !/^[XY][12]:-?\d+$/.test(setting));
    return unknown.map((setting) => ({ setting, reason: 'SubRip has no settings of cues' }));
  }
  const regions = regionIds(blocks);
  const nameOf = (setting: string): string => setting.split(':')[0] ?? '';
  return parts.flatMap((setting, at): BadSetting[] => {
    const wrong = checkSetting(setting, regions);
    if (wrong !== undefined) return [{ setting, ...wrong }];
    const later = parts
      .slice(at + 1)
      .find((other) => nameOf(other) === nameOf(setting) && checkSetting(other, regions) === undefined);
    return later === undefined ? [] : [{ setting, reason: `${later} takes its place` }];
  });
}

/** Settings without those that players ignore, or with what was meant. */
export function repairSettings(settings: string, format: 'vtt' | 'srt', blocks: readonly string[]): string {
  const bad = badSettings(settings, format, blocks);
  if (bad.length === 0) return settings;
  const parts = settings.split(/\s+/).flatMap((setting) => {
    const at = bad.findIndex((one) => one.setting === setting);
    const [one] = at === -1 ? [] : bad.splice(at, 1);
    return one === undefined ? [setting] : (one.instead ?? []);
  });
  return parts.join(' ');
}
