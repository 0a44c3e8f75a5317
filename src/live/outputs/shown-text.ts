import { tidy } from '../../pipeline/cues/text.ts';
import type { LiveCaption } from '../live-event.ts';

/** What a viewer is shown of a caption: nothing where nothing can be seen, or where the model is too unsure. */
export function shownText({ text, nothingVisible, unsure }: LiveCaption): string {
  return nothingVisible === true || unsure === true ? '' : tidy(text);
}
