import type { CueStyle, Place, StyledSpan, StyleFeature } from '../../core/cue-style.ts';
import type { ReadCue } from '../formats/parse-cues.ts';
import { readColour, WEB_COLOURS } from './colours.ts';
import { placeOf, readSettings } from './placement.ts';
import { resolveReferences } from './vtt-text.ts';

type Look = Omit<StyledSpan, 'text'>;

const EMPHASIS: Readonly<Record<string, Look>> = { b: { bold: true }, i: { italic: true }, u: { underline: true } };

/** Reads the text of one cue, tag by tag. */
class MarkupReader {
  readonly spans: StyledSpan[] = [];
  readonly features = new Set<StyleFeature>();
  place: Place | undefined;
  #open: { readonly name: string; readonly look: Look }[] = [];

  text(text: string): void {
    const look = Object.assign({}, ...this.#open.map((tag) => tag.look));
    if (text !== '') this.spans.push({ ...look, text });
  }

  open(name: string, look: Look = {}): void {
    if (EMPHASIS[name] !== undefined) this.features.add('emphasis');
    if (look.colour !== undefined) {
      this.features.add([...WEB_COLOURS.values()].includes(look.colour) ? 'web-colours' : 'colours');
    }
    this.#open.push({ name, look });
  }

  close(name: string): void {
    const at = this.#open.findLastIndex((tag) => tag.name === name);
    if (at !== -1) this.#open.splice(at, 1);
  }
}

function readVttTag(reader: MarkupReader, tag: string): void {
  const [, slash, head = '', ...rest] = /^(\/?)([^\s.]*)((?:\.[^\s.]+)*)/.exec(tag) ?? [];
  const classes = (rest[0] ?? '').split('.').filter((name) => name !== '');
  if (slash === '/') {
    reader.close(head);
    return;
  }
  const [colour] = head === 'c' ? classes.flatMap((name) => WEB_COLOURS.get(name) ?? []) : [];
  const others = classes.filter((name) => head !== 'c' || !WEB_COLOURS.has(name));
  if (others.length > 0) reader.features.add('classes');
  if (head === 'v') reader.features.add('speakers');
  if (/^(?:lang|ruby|rt)$/.test(head) || /^[\d:]+$/.test(head)) reader.features.add('markup');
  reader.open(head, { ...EMPHASIS[head], ...(colour === undefined ? {} : { colour }) });
}

function readSrtTag(reader: MarkupReader, tag: string): void {
  const name = /^\/?([a-z]*)/i.exec(tag)?.[1]?.toLowerCase() ?? '';
  if (tag.startsWith('/')) {
    reader.close(name);
    return;
  }
  const value = name === 'font' ? /\bcolor\s*=\s*["']?([^"'\s>]+)/i.exec(tag)?.[1] : undefined;
  const colour = value === undefined ? undefined : readColour(value);
  const look = EMPHASIS[name] ?? (colour === undefined ? undefined : { colour });
  if (look === undefined || /\b(?:face|size)\s*=/i.test(tag)) reader.features.add('markup');
  reader.open(name, look);
}

/** Override tags of ASS, which players obey in SubRip. */
function readOverrides(reader: MarkupReader, block: string): void {
  for (const tag of block.split('\\').slice(1)) {
    const [, name = '', on = ''] = /^([biu])([01])$/.exec(tag.trim()) ?? [];
    const [, blue, green, red] = /^1?c&H(\w{2})(\w{2})(\w{2})&?$/i.exec(tag.trim()) ?? [];
    const place = placeOf(Number(/^an([1-9])$/.exec(tag.trim())?.[1]));
    const colour = red === undefined ? undefined : readColour(`#${red}${green}${blue}`);
    if (place !== undefined) reader.place ??= place;
    else if (/^(?:pos|move)\(/.test(tag)) reader.features.add('exact-place');
    else if (name !== '' && on === '0') reader.close(name);
    else if (name !== '') reader.open(name, EMPHASIS[name]);
    else if (colour !== undefined) reader.open('c', { colour });
    else reader.features.add('markup');
  }
}

/** The lines of a text: their ends trimmed, empty ones left out. */
function linesOf(spans: readonly StyledSpan[]): StyledSpan[][] {
  const lines: StyledSpan[][] = [[]];
  for (const span of spans) {
    span.text.split('\n').forEach((text, at) => {
      if (at > 0) lines.push([]);
      if (text !== '') lines.at(-1)?.push({ ...span, text });
    });
  }
  return lines
    .map((line) => {
      const trimmed = line.map((span, at) => {
        const left = at === 0 ? span.text.trimStart() : span.text;
        return { ...span, text: at === line.length - 1 ? left.trimEnd() : left };
      });
      return trimmed.filter(({ text }) => text !== '');
    })
    .filter((line) => line.some(({ text }) => text.trim() !== ''));
}

/** What stands in a cue's text and is none: tags, and in SubRip override tags of ASS. */
const TAGS = { vtt: /<([^>]*)>/g, srt: /<(\/?[a-zA-Z][^>]*)>|\{(\\[^}]*)\}/g } as const;

/** The styling of a cue that was read from a WebVTT or SubRip file; undefined where it has none. */
export function styleOf(cue: ReadCue, format: 'vtt' | 'srt'): CueStyle | undefined {
  const { markup, settings = '', id, lines } = cue;
  const reader = new MarkupReader();
  const text = markup ?? lines.join('\n');
  let at = 0;
  const textTo = (to: number): void => {
    const plain = text.slice(at, to);
    reader.text(format === 'vtt' ? resolveReferences(plain) : plain);
  };
  for (const found of text.matchAll(TAGS[format])) {
    const [whole, tag = '', overrides] = found;
    textTo(found.index);
    at = found.index + whole.length;
    if (overrides !== undefined) readOverrides(reader, overrides);
    else if (format === 'vtt') readVttTag(reader, tag);
    else readSrtTag(reader, tag);
  }
  textTo(text.length);
  const set = format === 'vtt' ? readSettings(settings) : undefined;
  if (set?.exact === true || (format === 'srt' && settings !== '')) reader.features.add('exact-place');
  const place = set?.place ?? reader.place;
  if (place !== undefined && place !== 2) reader.features.add('place');
  const name = id === undefined || /^\d+$/.test(id) ? undefined : id;
  if (markup === undefined && settings === '' && name === undefined) return undefined;
  return {
    lines: linesOf(reader.spans),
    ...(place === undefined || place === 2 ? {} : { place }),
    features: reader.features,
    source: {
      format,
      text: text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join('\n'),
      settings,
      ...(name === undefined ? {} : { id: name }),
    },
  };
}
