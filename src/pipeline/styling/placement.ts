import type { Place } from '../../core/cue-style.ts';

const PLACES: readonly Place[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** The place of a row (0 bottom, 1 middle, 2 top) and a column (0 left, 1 centre, 2 right). */
function placeAt(row: number, column: number): Place {
  return PLACES[row * 3 + column] ?? 2;
}

/** The place that a digit of `\an` names. */
export function placeOf(digit: number): Place | undefined {
  return PLACES[digit - 1];
}

/** The row (0 bottom, 1 middle, 2 top) and the column (0 left, 1 centre, 2 right) of a place. */
export function rowAndColumn(place: Place): { readonly row: number; readonly column: number } {
  return { row: Math.floor((place - 1) / 3), column: (place - 1) % 3 };
}

/** Rows that players show at a time, roughly: WebVTT counts lines from the top, or from the bottom where they are negative. */
const ROWS = 15;

function rowOf(line: string): number {
  const [, value = '', percent] = /^(-?[\d.]+)(%?)/.exec(line) ?? [];
  const number = Number(value);
  if (value === '' || Number.isNaN(number)) return 0;
  const share = percent === '%' ? number / 100 : (number < 0 ? ROWS + number : number) / ROWS;
  return share < 1 / 3 ? 2 : share < 2 / 3 ? 1 : 0;
}

function columnOf(align: string, position: string): number {
  if (align === 'start' || align === 'left') return 0;
  if (align === 'end' || align === 'right') return 2;
  const share = position === '' ? 0.5 : Number.parseFloat(position) / 100;
  return share < 1 / 3 ? 0 : share <= 2 / 3 ? 1 : 2;
}

/** Where settings of a WebVTT cue put it, and whether they say more than that. Undefined where they say nothing of it. */
export function readSettings(settings: string): { readonly place: Place; readonly exact: boolean } | undefined {
  const values = new Map(
    settings.split(/\s+/).flatMap((setting) => {
      const at = setting.indexOf(':');
      return at < 1 ? [] : [[setting.slice(0, at), setting.slice(at + 1)] as const];
    }),
  );
  if (values.size === 0) return undefined;
  const line = values.get('line') ?? '';
  const row = rowOf(line);
  const column = columnOf(values.get('align') ?? '', values.get('position') ?? '');
  const exact =
    ['position', 'size', 'vertical', 'region'].some((name) => values.has(name)) || !/^(?:|auto|0|-1)$/.test(line);
  return { place: placeAt(row, column), exact };
}

const COLUMN_SETTINGS = ['position:0% align:start', '', 'position:100% align:end'];
const ROW_SETTINGS = ['', 'line:50%', 'line:0'];

/** The settings of WebVTT that put a cue there. */
export function settingsOf(place: Place): string {
  const { row, column } = rowAndColumn(place);
  return [ROW_SETTINGS[row] ?? '', COLUMN_SETTINGS[column] ?? ''].filter((part) => part !== '').join(' ');
}
