import type { Page } from 'playwright-core';

/** What a viewer gets at one time. */
export interface Moment {
  /** Colour in the middle of the picture: red, green and blue, 0 to 255. */
  readonly colour: readonly number[];
  /** Texts of the cues that are on, of all tracks. */
  readonly cues: readonly string[];
}

/** What hls.js makes of a master playlist. */
export interface HlsTracks {
  readonly subtitles: readonly { readonly name: string; readonly lang: string; readonly characteristics?: string }[];
  readonly kinds: readonly string[];
  /** Seconds. */
  readonly duration: number;
}

/** A cue as the browser has it; seconds. */
export interface BrowserCue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Calls one of the functions of `page.js`. */
function call<Answer>(page: Page, name: string, ...args: readonly unknown[]): Promise<Answer> {
  return page.evaluate(`window.${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
}

/** Goes to `time` (seconds) in the page's one video, and looks once the picture of that time is there. */
export function momentAt(page: Page, time: number): Promise<Moment> {
  return call(page, 'momentAt', time);
}

/** Plays a file by itself, with a track shown. */
export function playFile(page: Page, file: string, track: string, kind: string): Promise<void> {
  return call(page, 'playFile', file, track, kind);
}

/** Plays a master playlist with hls.js and its first subtitles. */
export function playHls(page: Page, address: string): Promise<HlsTracks> {
  return call(page, 'playHls', address);
}

/** All cues that the page's video has by now. */
export function allCues(page: Page): Promise<BrowserCue[]> {
  return call(page, 'allCues');
}

/** Reads XML as a browser does. */
export function readXml(page: Page, text: string): Promise<{ language: string | null; fault?: string }> {
  return call(page, 'readXml', text);
}

/** Which of red, green and blue a colour is mostly. */
export function nameOf({ colour }: Moment): string {
  const [at = 0] = [0, 1, 2].sort((a, b) => (colour[b] ?? 0) - (colour[a] ?? 0));
  return ['red', 'green', 'blue'][at] ?? '';
}
