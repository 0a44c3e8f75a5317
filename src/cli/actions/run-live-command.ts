import { abortExitCode, onInterrupted } from '../../core/lifetime/interruption.ts';
import { SYSTEM_CLOCK } from '../../core/time/clock.ts';
import { captionLive } from '../../live/caption-live.ts';
import type { LiveSettings } from '../../live/live-settings.ts';
import type { LiveOutputSettings } from '../../live/outputs/live-output-settings.ts';
import { openLiveOutputs } from '../../live/outputs/open-live-outputs.ts';
import { openSegmentLinks } from '../../live/segments/open-segment-links.ts';
import { humanLivePrinter, jsonLivePrinter } from '../live-printer.ts';

/** `secondglance live`: returns the exit code, undefined where `signal` ended it. Throws as `captionLive`. */
export async function runLiveCommand(
  settings: LiveSettings,
  outputSettings: LiveOutputSettings,
  signal: AbortSignal,
): Promise<number | undefined> {
  const printer = settings.json ? jsonLivePrinter() : humanLivePrinter(settings);
  onInterrupted(signal, () => printer.note('secondglance: stopping'));
  const note = (line: string): void => printer.note(line);
  const outputs = await openLiveOutputs(outputSettings, { clock: SYSTEM_CLOCK, report: note });
  const links = openSegmentLinks(outputSettings, { clock: SYSTEM_CLOCK, report: note });
  const linked = [printer, ...outputs].map((output) => links?.output(output) ?? output);
  // They are closed at the end of a run; this is for one that never began.
  const closing = (): Promise<unknown> => Promise.all(outputs.map((output) => output.close()));
  const summary = await captionLive(settings, { outputs: linked, signal, note }).finally(closing);
  const exitCode = abortExitCode(signal);
  printer.summary(exitCode === undefined ? summary : { ...summary, exitCode });
  return signal.aborted ? undefined : summary.exitCode;
}
