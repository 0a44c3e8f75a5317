import { signal } from '@preact/signals';
import type { EventData, EventName } from '../../../src/web/api/schemas/server-events.ts';
import { addressOf, api, sessionEnded } from './server.ts';

/** Each event of the server: one that is missing here does not compile. */
const EVENTS: Readonly<Record<EventName, true>> = {
  video: true,
  'video-removed': true,
  caption: true,
  cue: true,
  edits: true,
  job: true,
  'job-removed': true,
  steps: true,
  camera: true,
  'alert-rules': true,
  reset: true,
};

type Listener<Name extends EventName> = (data: EventData<Name>) => void;

const listeners = new Map<EventName, Set<Listener<never>>>();

/** False while the server does not answer; the browser goes on trying. */
export const connected = signal(true);

/** Calls `listener` for each event of a name, until the function that is returned is called. */
export function onEvent<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
  const all = listeners.get(name) ?? new Set();
  listeners.set(name, all.add(listener));
  return () => all.delete(listener);
}

function dispatch(name: EventName, data: unknown): void {
  for (const listener of listeners.get(name) ?? []) listener(data as never);
}

/** Opens the one stream of events that the whole page listens to. */
export function openEvents(): void {
  const stream = new EventSource(addressOf('GET /events'));
  stream.onopen = () => {
    // What happened while the server was away is unknown: a server that was restarted has no events of before.
    const away = !connected.value;
    connected.value = true;
    if (away) dispatch('reset', {});
  };
  stream.onerror = () => {
    connected.value = false;
    if (stream.readyState !== EventSource.CLOSED) return;
    // A browser does not try again after an answer that is no stream: the session has ended, or a proxy has answered.
    setTimeout(openEvents, 3000);
    api('GET /session').then(
      (who) => {
        if (who.passwordRequired && !who.authenticated) sessionEnded.value = true;
      },
      () => undefined,
    );
  };
  for (const name of Object.keys(EVENTS) as EventName[]) {
    stream.addEventListener(name, (event: MessageEvent<string>) => dispatch(name, JSON.parse(event.data)));
  }
}
