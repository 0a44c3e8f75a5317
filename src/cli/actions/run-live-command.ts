import { abortExitCode, onInterrupted } from '../../core/lifetime/interruption.ts';
import { captionLive } from '../../live/caption-live.ts';
import type { LiveSettings } from '../../live/live-settings.ts';
import { humanLivePrinter, jsonLivePrinter } from '../live-printer.ts';

/** `secondglance live`: returns the exit code, undefined where `signal` ended it. Throws as `captionLive`. */
export async function runLiveCommand(settings: LiveSettings, signal: AbortSignal): Promise<number | undefined> {
  const printer = settings.json ? jsonLivePrinter() : humanLivePrinter(settings);
  onInterrupted(signal, () => printer.note('secondglance: stopping'));
  const summary = await captionLive(settings, { outputs: [printer], signal, note: (line) => printer.note(line) });
  const exitCode = abortExitCode(signal);
  printer.summary(exitCode === undefined ? summary : { ...summary, exitCode });
  return signal.aborted ? undefined : summary.exitCode;
}
