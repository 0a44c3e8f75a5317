/** The colours that WebVTT has classes for (5.1, "default CSS features"). */
export const WEB_COLOURS: ReadonlyMap<string, string> = new Map([
  ['white', '#ffffff'],
  ['lime', '#00ff00'],
  ['cyan', '#00ffff'],
  ['red', '#ff0000'],
  ['yellow', '#ffff00'],
  ['magenta', '#ff00ff'],
  ['blue', '#0000ff'],
  ['black', '#000000'],
]);

/** The other names of HTML 4, which SubRip files use. */
const HTML_COLOURS: ReadonlyMap<string, string> = new Map([
  ['aqua', '#00ffff'],
  ['fuchsia', '#ff00ff'],
  ['gray', '#808080'],
  ['grey', '#808080'],
  ['green', '#008000'],
  ['maroon', '#800000'],
  ['navy', '#000080'],
  ['olive', '#808000'],
  ['orange', '#ffa500'],
  ['purple', '#800080'],
  ['silver', '#c0c0c0'],
  ['teal', '#008080'],
]);

/** A colour of SubRip's `<font>` as `#rrggbb`; undefined where it cannot be read. */
export function readColour(text: string): string | undefined {
  const value = text.trim().toLowerCase();
  const [, hex] = /^#?([0-9a-f]{6})$/.exec(value) ?? [];
  return hex === undefined ? (WEB_COLOURS.get(value) ?? HTML_COLOURS.get(value)) : `#${hex}`;
}

/** The class of WebVTT that shows a colour; undefined for none. */
export function webColourClass(colour: string): string | undefined {
  return [...WEB_COLOURS].find(([, value]) => value === colour)?.[0];
}
