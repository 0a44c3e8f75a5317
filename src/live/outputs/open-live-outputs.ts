import path from 'node:path';
import type { NotificationTransport } from '../../archive/alerts/outbox.ts';
import { RuleMatcher } from '../../archive/alerts/rule-matcher.ts';
import { openTransports } from '../../archive/alerts/transports.ts';
import { openTextMatcher } from '../../archive/index/match-text.ts';
import type { LiveEvent, LiveOutput } from '../live-event.ts';
import { AlertDestination } from './alerts/alert-destination.ts';
import { DeliveryDestination } from './alerts/delivery-destination.ts';
import { ArchiveDestination } from './archive/archive-destination.ts';
import { BufferedOutput, type OutputRun } from './buffered-output.ts';
import type { Destination } from './destination.ts';
import { DayFiles } from './files/day-files.ts';
import { HlsDestination } from './hls/hls-destination.ts';
import { HomeAssistantDestination } from './home-assistant/home-assistant-destination.ts';
import type { LiveOutputSettings } from './live-output-settings.ts';
import { openLiveState } from './live-state.ts';
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

/** An archive may be given rules at any time. */
function transportsOf(settings: LiveOutputSettings): NotificationTransport[] {
  const { alerts, stateFile } = settings;
  return alerts.queries.length === 0 && stateFile === undefined ? [] : openTransports(settings);
}

/** The outputs of all sources. Those that share the state file close it after the last of them. */
async function sharedDestinations(settings: LiveOutputSettings, run: OutputRun): Promise<Destination[]> {
  const { stateFile, alerts, keepDays: days, keepSize: bytes } = settings;
  const transports = transportsOf(settings);
  if (stateFile === undefined && transports.length === 0) return stateTopics(settings, undefined);
  const state = await openLiveState(stateFile, settings.zone);
  const { file } = state;
  const destinations = [
    ...(file === undefined ? [] : [new ArchiveDestination({ ...state, file }, { days, bytes }, run.clock)]),
    ...(transports.length === 0
      ? []
      : [new AlertDestination(state, openTextMatcher(alerts.queries, alerts), alerts, transports, run)]),
    ...transports.map((transport) => new DeliveryDestination(state, transport, run)),
    ...stateTopics(settings, file === undefined ? undefined : new RuleMatcher(state.db)),
  ];
  let open = destinations.length;
  return destinations.map((destination) =>
    closing(destination, () => {
      open -= 1;
      if (open === 0) state.close();
    }),
  );
}

/** The same destination; calls `after` once it is closed. */
function closing(destination: Destination, after: () => void): Destination {
  const { name, usesPictures = false } = destination;
  return {
    name,
    usesPictures,
    take: (event) => destination.take(event),
    work: async () => destination.work?.(),
    close: () => destination.close().finally(after),
  };
}

/** `rules`: those of an archive. */
function stateTopics(settings: LiveOutputSettings, rules: RuleMatcher | undefined): Destination[] {
  const { mqtt, alerts, sources, events, discovery } = settings;
  if (mqtt === undefined) return [];
  const watched = openTextMatcher(alerts.queries, alerts);
  return [new HomeAssistantDestination({ mqtt, alerts, sources, events, discovery }, watched, rules)];
}

/**
 * Opens the outputs of `live`. Each one takes the events of all sources. Throws what makes a run impossible: `already-watched`, an unusable state
 * file. What fails later is reported, and tried again.
 */
export async function openLiveOutputs(settings: LiveOutputSettings, run: OutputRun): Promise<LiveOutput[]> {
  const shared = await sharedDestinations(settings, run);
  return [
    ...settings.sources.flatMap((source) =>
      fileDestinations(source, settings, run).map((to) => ofSource(source, new BufferedOutput(to, run))),
    ),
    ...shared.map((to) => new BufferedOutput(to, run)),
  ];
}
