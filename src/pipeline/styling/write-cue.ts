import type { CueStyle, StyledSpan } from '../../core/cue-style.ts';
import type { Cue } from '../../core/types.ts';
import { srtTime, vttTime } from '../cues/time.ts';
import { webColourClass } from './colours.ts';
import { rowAndColumn, settingsOf } from './placement.ts';
import { escapeVtt } from './vtt-text.ts';

const LOOKALIKES: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '{': '(', '}': ')' };

/**
 * Replaces the characters that could start a tag. SubRip has no escapes, yet players obey `<i>` and `{\an8}` in it, so
 * these characters become ones that look alike and have no meaning.
 */
function sanitizeSrt(text: string): string {
  return text.replace(/[<>{}]/g, (mark) => LOOKALIKES[mark] ?? mark);
}

/** A text in the tags that WebVTT and SubRip share. */
function emphasize({ bold, italic, underline }: StyledSpan, text: string): string {
  const tags = [bold && 'b', italic && 'i', underline && 'u'].filter((tag) => typeof tag === 'string');
  return tags.reduceRight((inner, tag) => `<${tag}>${inner}</${tag}>`, text);
}

function textOf({ lines }: CueStyle, write: (span: StyledSpan) => string, lineBreak = '\n'): string {
  return lines.map((line) => line.map(write).join('')).join(lineBreak);
}

/** A block of WebVTT with a cue. A cue that comes from WebVTT stays as it is there. */
export function vttCue({ start, end, text, style }: Cue, number: number): string {
  const times = `${vttTime(start)} --> ${vttTime(end)}`;
  if (style === undefined) return `${number}\n${times}\n${escapeVtt(text)}\n`;
  const { source, place } = style;
  const own = source.format === 'vtt';
  const settings = own ? source.settings : place === undefined ? '' : settingsOf(place);
  const styled = textOf(style, (span) => {
    const name = span.colour === undefined ? undefined : webColourClass(span.colour);
    const plain = escapeVtt(span.text);
    return emphasize(span, name === undefined ? plain : `<c.${name}>${plain}</c>`);
  });
  const line = settings === '' ? times : `${times} ${settings}`;
  return `${source.id ?? number}\n${line}\n${own ? source.text : styled}\n`;
}

/** A block of SubRip with a cue. A cue that comes from SubRip stays as it is there. */
export function srtCue({ start, end, text, style }: Cue, number: number): string {
  const times = `${srtTime(start)} --> ${srtTime(end)}`;
  if (style === undefined) return `${number}\n${times}\n${sanitizeSrt(text)}\n`;
  const { source, place } = style;
  if (source.format === 'srt') {
    return `${number}\n${source.settings === '' ? times : `${times} ${source.settings}`}\n${source.text}\n`;
  }
  const styled = textOf(style, (span) => {
    const plain = sanitizeSrt(span.text);
    return emphasize(span, span.colour === undefined ? plain : `<font color="${span.colour}">${plain}</font>`);
  });
  return `${number}\n${times}\n${place === undefined ? '' : `{\\an${place}}`}${styled}\n`;
}

/** `&HBBGGRR&` */
function assColour(colour: string): string {
  const [red, green, blue] = [colour.slice(1, 3), colour.slice(3, 5), colour.slice(5, 7)];
  return `&H${blue}${green}${red}&`.toUpperCase();
}

/**
 * The text of an ASS event.
 * @param sanitize what makes plain text harmless
 */
export function assText({ text, style }: Cue, sanitize: (text: string) => string): string {
  if (style === undefined) return sanitize(text);
  const styled = textOf(
    style,
    (span) => {
      const { bold, italic, underline, colour } = span;
      const on = [bold && '\\b1', italic && '\\i1', underline && '\\u1', colour && `\\c${assColour(colour)}`];
      const off = [bold && '\\b0', italic && '\\i0', underline && '\\u0', colour && '\\c'];
      const tags = (list: readonly unknown[]): string => {
        const joined = list.filter((tag) => typeof tag === 'string').join('');
        return joined === '' ? '' : `{${joined}}`;
      };
      return `${tags(on)}${sanitize(span.text)}${tags(off)}`;
    },
    '\\N',
  );
  return `${style.place === undefined ? '' : `{\\an${style.place}}`}${styled}`;
}

/**
 * The content of a TTML paragraph.
 * @param escapeXml what makes plain text XML
 */
export function ttmlText({ text, style }: Cue, escapeXml: (text: string) => string): string {
  if (style === undefined) return text.split('\n').map(escapeXml).join('<br/>');
  return textOf(
    style,
    (span) => {
      const { bold, italic, underline, colour } = span;
      const attributes = [
        bold && 'tts:fontWeight="bold"',
        italic && 'tts:fontStyle="italic"',
        underline && 'tts:textDecoration="underline"',
        colour && `tts:color="${colour}"`,
      ].filter((attribute) => typeof attribute === 'string');
      const plain = escapeXml(span.text);
      return attributes.length === 0 ? plain : `<span ${attributes.join(' ')}>${plain}</span>`;
    },
    '<br/>',
  );
}

/** The TTML region of a place: `bottom` is the usual one. */
export function ttmlRegion(place: CueStyle['place']): string {
  return place === undefined ? 'bottom' : `place${place}`;
}

/** A TTML region for a place. */
export function ttmlRegionElement(place: NonNullable<CueStyle['place']>): string {
  const { row, column } = rowAndColumn(place);
  const [top, align] = [
    ['75%', 'after'],
    ['40%', 'center'],
    ['5%', 'before'],
  ][row] ?? ['75%', 'after'];
  const across = ['left', 'center', 'right'][column] ?? 'center';
  return `<region xml:id="${ttmlRegion(place)}" style="text" tts:origin="10% ${top}" tts:extent="80% 20%" tts:displayAlign="${align}" tts:textAlign="${across}"/>`;
}
