import { signal } from '@preact/signals';

/** The parts of the view of cameras. */
export const CAMERA_TABS = ['now', 'day', 'search', 'alerts'] as const;
/** One of {@link CAMERA_TABS}. */
export type CameraTab = (typeof CAMERA_TABS)[number];

/** The views of the page, and what they show. */
export type Route =
  | { readonly view: 'videos' }
  | { readonly view: 'video'; readonly id: string; readonly at?: number }
  | { readonly view: 'edit'; readonly id: string; readonly at?: number }
  | { readonly view: 'steps'; readonly id: string }
  | { readonly view: 'cameras'; readonly tab: CameraTab }
  | { readonly view: 'system' };

/** Reads the part of an address after `#`. What it does not know is the list of videos. */
export function readRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view, id, mode] = path.split('/').map(decodeURIComponent);
  const time = Number(new URLSearchParams(search).get('t') ?? Number.NaN);
  const at = Number.isFinite(time) && time >= 0 ? { at: time } : {};
  if (view === 'videos' && id !== undefined && id !== '' && mode === 'steps') return { view: 'steps', id };
  if (view === 'videos' && id !== undefined && id !== '')
    return { view: mode === 'edit' ? 'edit' : 'video', id, ...at };
  if (view === 'cameras') return { view, tab: CAMERA_TABS.find((tab) => tab === id) ?? 'now' };
  return view === 'system' ? { view } : { view: 'videos' };
}

/** The address of a view, to be used in links. */
export function hashOf(route: Route): string {
  if (route.view === 'videos') return '#/';
  if (route.view === 'system') return '#/system';
  if (route.view === 'cameras') return route.tab === 'now' ? '#/cameras' : `#/cameras/${route.tab}`;
  if (route.view === 'steps') return `#/videos/${encodeURIComponent(route.id)}/steps`;
  const time = route.at === undefined ? '' : `?t=${route.at}`;
  return `#/videos/${encodeURIComponent(route.id)}${route.view === 'edit' ? '/edit' : ''}${time}`;
}

/** The view that is shown. */
export const route = signal<Route>({ view: 'videos' });

/** Asked before a view is left; false stays. */
let mayLeave: (() => boolean) | undefined;

/** Sets what is asked before the view is left, such as whether unsaved edits may be lost. */
export function askBeforeLeaving(ask: (() => boolean) | undefined): void {
  mayLeave = ask;
}

/** Shows what the address names, now and whenever it changes. */
export function followAddress(): void {
  let shown = location.hash;
  const follow = (): void => {
    if (location.hash === shown) return;
    if (mayLeave?.() === false) {
      history.pushState(null, '', shown === '' ? location.pathname : shown);
      return;
    }
    mayLeave = undefined;
    shown = location.hash;
    route.value = readRoute(shown);
    scrollTo(0, 0);
  };
  route.value = readRoute(shown);
  addEventListener('hashchange', follow);
}
