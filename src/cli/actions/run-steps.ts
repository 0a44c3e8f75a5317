import { reportRun } from '../../captioning/report-run.ts';
import type { Reporter } from '../../captioning/reporter.ts';
import { type InputSummary, roundSeconds } from '../../captioning/summary.ts';
import { onInterrupted } from '../../core/lifetime/interruption.ts';
import { counted } from '../../core/text/wording.ts';
import type { GuideResult } from '../../steps/context.ts';
import { makeGuide } from '../../steps/make-guide.ts';
import type { GuideInput, StepsSettings } from '../../steps/steps-settings.ts';
import { humanReporter, jsonReporter } from '../reporters.ts';
import { writeJson } from '../terminal.ts';

function closingSentence(
  { video, state, steps, keyframes, reused = 0, folder, files, duration = 0 }: GuideResult,
  seconds: number,
): string {
  if (state === 'skipped') return `${video}: up to date (${folder})`;
  const again = reused === 0 ? '' : ` (${counted(reused, 'caption')} of an earlier run reused)`;
  const from = keyframes === 0 ? '' : ` from ${counted(keyframes, 'keyframe')}${again} in ${seconds.toFixed(1)} s`;
  const speed = duration > 0 && seconds > 0 ? `, ${(duration / 1e6 / seconds).toFixed(1)} times real time` : '';
  const outside = files.filter((file) => !file.startsWith(folder));
  return `${video}: ${counted(steps, 'step')}${from}${speed}${state === 'partial' ? ' (partial)' : ''} -> ${[folder, ...outside].join(', ')}`;
}

function print(result: GuideResult, seconds: number, reporter: Reporter, { json, quiet }: StepsSettings): void {
  const { video, state, steps, keyframes, reused, files, problems, duration } = result;
  if (json) {
    const length = duration === undefined ? {} : { duration: duration / 1e6 };
    const event = {
      event: 'end',
      video,
      state,
      steps,
      keyframes,
      reused,
      seconds,
      ...length,
      outputs: files,
      problems,
    };
    writeJson(event);
    return;
  }
  for (const { message, detail = [] } of problems) reporter.note([message, ...detail].join('\n  '));
  if (!quiet) reporter.note(closingSentence(result, seconds));
}

/**
 * `secondglance steps`: returns the exit code, 3 where part of the video is missing from the guide. Throws as `makeGuide`.
 */
export async function runSteps(input: GuideInput, settings: StepsSettings, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  const reporter = settings.json ? jsonReporter() : await humanReporter(settings);
  onInterrupted(signal, () => reporter.note('secondglance: stopping; run the same command again to resume'));
  const seconds = (): number => roundSeconds((performance.now() - began) / 1000);
  const summaries: InputSummary[] = [];
  const { verbose } = settings;
  return reportRun({ reporter, began, signal, verbose, summaries: () => summaries }, async () => {
    const result = await makeGuide(input, settings, { signal, reporter });
    print(result, seconds(), reporter, settings);
    const { video, state, keyframes, files: outputs, problems } = result;
    const duration = result.duration === undefined ? {} : { duration: result.duration / 1e6 };
    summaries.push({ video, state, keyframes, cues: 0, seconds: seconds(), ...duration, outputs, problems });
  });
}
