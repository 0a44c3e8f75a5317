/** What chat models put in front of an answer although they were asked not to. */
const PREAMBLE =
  /^(?:sure|certainly|of course|here(?:'s| is| are)[^:.]*|(?:corrected )?(?:description|caption|answer))\s*[:!,.]\s*/iu;
const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['“', '”'],
  ["'", "'"],
  ['«', '»'],
]);

/**
 * A caption out of a chat model's answer: on one line, without markdown, quotes around it or a preamble.
 * @param cut the answer was cut off: it ends with its last whole sentence, if it has one
 */
export function tidyAnswer(answer: string, cut: boolean): string {
  let text = answer
    .replace(/[*_`#]+/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(PREAMBLE, '');
  const close = QUOTES.get(text.charAt(0));
  if (close !== undefined && text.length > 1 && text.endsWith(close)) text = text.slice(1, -1).trim();
  const end = cut ? Math.max(text.lastIndexOf('. '), text.lastIndexOf('! '), text.lastIndexOf('? ')) : -1;
  if (end > 0) text = text.slice(0, end + 1);
  // Captions have no full stop; text of several sentences has.
  if (/^[^.!?]*\.$/u.test(text)) text = text.slice(0, -1);
  const [first = ''] = text;
  return first.toLocaleUpperCase('en') + text.slice(first.length);
}

/** The caption in an answer of the schema `{"caption": string}`; undefined where it is none. */
export function captionOfJson(answer: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(answer.replace(/^```(?:json)?|```$/gu, ''));
    if (typeof parsed !== 'object' || parsed === null || !('caption' in parsed)) return undefined;
    return typeof parsed.caption === 'string' ? parsed.caption : undefined;
  } catch {
    return undefined;
  }
}
