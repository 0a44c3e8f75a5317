/** A caption and what follows it. */
export function joinSentences(caption: string, next: string): string {
  if (caption === '') return next;
  return /[.!?]$/.test(caption) ? `${caption} ${next}` : `${caption}. ${next}`;
}

/** What stands before text in the picture, in cues and in the index. */
export const TEXT_PREFIX = 'Text on screen: ';

/** A caption, and the announcement after it; undefined where it has none. */
export function splitAnnouncement(text: string): { readonly caption: string; readonly announced: string } | undefined {
  const at = text.lastIndexOf(TEXT_PREFIX);
  if (at === -1) return undefined;
  return { caption: text.slice(0, at).replace(/\. $/, ''), announced: text.slice(at) };
}
