import { loadCaptioner } from '../captioning/open-captioner.ts';
import { describeFailure } from '../core/failures.ts';
import { hideSecrets } from '../core/text/secrets.ts';
import { findFfmpeg } from '../ingest/ffmpeg/find-ffmpeg.ts';
import type { LiveOutput } from './live-event.ts';
import type { LiveSettings } from './live-settings.ts';
import type { LiveSummary } from './live-summary.ts';
import { runLive } from './run-live.ts';

/** What a run of `live` needs of its front end. */
export interface LiveHost {
  readonly outputs: readonly LiveOutput[];
  readonly signal: AbortSignal;
  /** Receives notes and problems, one line each. */
  readonly note: (line: string) => void;
}

/**
 * Captions live sources with a model: loads it, and runs {@link runLive}. Throws what makes the whole run impossible: a model that cannot be
 * loaded, a missing ffmpeg.
 */
export async function captionLive(settings: LiveSettings, { outputs, signal, note }: LiveHost): Promise<LiveSummary> {
  const { model, workers, passes, verbose, sources, choice, events, rtspTransport, follow } = settings;
  await findFfmpeg();
  const captioner = await loadCaptioner({
    ...{ model, passes, processes: workers },
    onFailure: (error, { video }) => note(`${video}: ${hideSecrets(describeFailure(error, verbose))}`),
  });
  for (const line of captioner.notes) note(line);
  const names = sources.map(({ name, label }) => (name === label ? name : `${name} (${label})`)).join(', ');
  if (!settings.quiet) note(`live: captions ${names} with ${captioner.model.name}; loading the model`);
  try {
    await captioner.open();
    return await runLive({
      ...{ sources, choice, events, rtspTransport, follow, captioner, passes, outputs, signal, note },
      minConfidence: settings.minConfidence ?? captioner.minConfidence,
    });
  } finally {
    await captioner.close();
  }
}
