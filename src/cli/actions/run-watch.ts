import { EMPTY_SESSION } from '../../archive/recordings/work-sessions.ts';
import { closingSentence } from '../../archive/watch/closing-sentence.ts';
import { watchRecordings } from '../../archive/watch/watch-recordings.ts';
import type { WatchSettings } from '../../archive/watch/watch-settings.ts';
import type { WatchResult } from '../../archive/watch/watcher.ts';
import { sentenceOf } from '../../core/errors.ts';
import { EXIT } from '../../core/failures.ts';
import { onInterrupted } from '../../core/lifetime/interruption.ts';
import { humanReporter, jsonReporter } from '../reporters.ts';
import { writeJson, writeLine } from '../terminal.ts';

/** Prints the result of `watch --once`; returns the exit code. */
function print(result: WatchResult, { json, quiet }: WatchSettings): number {
  const { session, unfinished, stopped } = result;
  const { done, partial, failed, remaining } = session ?? EMPTY_SESSION;
  if (json) {
    const event = {
      ...{ event: 'session', ...(session ?? EMPTY_SESSION), unfinished, open: session !== undefined },
      ...(stopped === undefined ? {} : { stopped: { code: stopped.code, message: stopped.message } }),
    };
    writeJson(event);
  } else if (!quiet || failed + remaining > 0 || stopped !== undefined) {
    writeLine(closingSentence(result));
  }
  if (stopped === undefined && failed + partial + remaining === 0) return EXIT.done;
  const nothingDone = done + partial === 0 && (stopped !== undefined || failed > 0);
  return nothingDone ? EXIT.failed : EXIT.partial;
}

/** `secondglance watch`: returns the exit code, undefined where `signal` ended it. Throws as `watchRecordings`. */
export async function runWatch(settings: WatchSettings, signal: AbortSignal): Promise<number | undefined> {
  const reporter = settings.json ? jsonReporter() : await humanReporter({ ...settings, progressLines: false });
  onInterrupted(signal, () => reporter.note('secondglance: stopping; the next run resumes here'));
  try {
    const result = await watchRecordings(settings, { signal, reporter });
    return result === undefined || signal.aborted ? undefined : print(result, settings);
  } catch (error) {
    if (settings.json && !signal.aborted) writeJson({ event: 'failed', message: sentenceOf(error) });
    throw error;
  }
}
