import path from 'node:path';
import type { LiveEvent, LiveOutput } from '../live-event.ts';
import { BufferedOutput, type OutputRun } from './buffered-output.ts';
import type { Destination } from './destination.ts';
import { DayFiles } from './files/day-files.ts';
import { HlsDestination } from './hls/hls-destination.ts';
import type { LiveOutputSettings } from './live-output-settings.ts';
import { sourceFolder } from './source-names.ts';

/** Passes on the events of one source. */
function ofSource(source: string, output: LiveOutput): LiveOutput {
  return {
    usesPictures: output.usesPictures,
    async write(event: LiveEvent) {
      if (event.source === source) await output.write(event);
    },
    close: () => output.close(),
  };
}

function fileDestinations(source: string, settings: LiveOutputSettings, run: OutputRun): Destination[] {
  if (settings.folder === undefined) return [];
  const folder = path.join(settings.folder, sourceFolder(source));
  return [
    new HlsDestination(source, folder, settings, run.clock),
    new DayFiles(source, folder, settings.zone, 'vtt'),
    new DayFiles(source, folder, settings.zone, 'jsonl'),
  ];
}

/**
 * Opens the outputs of `live`. Each one takes the events of all sources. Throws what makes a run impossible: `already-watched`, an unusable state
 * file. What fails later is reported, and tried again.
 */
export async function openLiveOutputs(settings: LiveOutputSettings, run: OutputRun): Promise<LiveOutput[]> {
  return settings.sources.flatMap((source) =>
    fileDestinations(source, settings, run).map((to) => ofSource(source, new BufferedOutput(to, run))),
  );
}
