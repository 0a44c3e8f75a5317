import { signal } from '@preact/signals';
import type { EventData, EventName } from '../../../src/web/api/schemas/events.ts';
import { addressOf } from './server.ts';

const NAMES: readonly EventName[] = ['video', 'video-removed', 'caption', 'cue', 'edits', 'job', 'reset'];

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
  let opened = false;
  stream.onopen = () => {
    // What happened while the server was away is unknown: a server that was restarted has no events of before.
    if (opened && !connected.value) dispatch('reset', {});
    opened = true;
    connected.value = true;
  };
  stream.onerror = () => {
    connected.value = false;
    // A browser gives up after an answer that is no stream, such as a proxy's error page.
    if (stream.readyState === EventSource.CLOSED) setTimeout(reopen, 3000);
  };
  const reopen = (): void => {
    openEvents();
    dispatch('reset', {});
  };
  for (const name of NAMES) {
    stream.addEventListener(name, (event: MessageEvent<string>) => dispatch(name, JSON.parse(event.data)));
  }
}
