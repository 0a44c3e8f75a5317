import { connected } from './state/live-events.ts';
import { hashOf, type Route, route } from './state/route.ts';
import { logOut, session } from './state/session.ts';
import { setTheme, theme } from './state/theme.ts';
import { IconButton } from './ui/button.tsx';
import { Icon, type IconName } from './ui/icon.tsx';
import { lazy } from './ui/lazy.tsx';
import { attempt } from './ui/notices.ts';
import { VideosView } from './videos/videos-view.tsx';

const PlayerView = lazy(async () => (await import('./player/player-view.tsx')).PlayerView);
const EditorView = lazy(async () => (await import('./editor/editor-view.tsx')).EditorView);
const StepsView = lazy(async () => (await import('./steps/steps-view.tsx')).StepsView);
const CamerasView = lazy(async () => (await import('./cameras/cameras-view.tsx')).CamerasView);
const SystemView = lazy(async () => (await import('./system/system-view.tsx')).SystemView);

interface Place {
  readonly to: Route;
  readonly label: string;
  readonly icon: IconName;
  readonly views: readonly Route['view'][];
}

const PLACES: readonly Place[] = [
  { to: { view: 'videos' }, label: 'Videos', icon: 'film', views: ['videos', 'video', 'edit', 'steps'] },
  { to: { view: 'cameras', tab: 'now' }, label: 'Cameras', icon: 'camera', views: ['cameras'] },
  { to: { view: 'system' }, label: 'System', icon: 'system', views: ['system'] },
];

function ThemeButton() {
  const isDark = document.documentElement.dataset.theme === 'dark';
  // Read, so that the button follows the theme.
  theme.value;
  return (
    <IconButton
      icon={isDark ? 'sun' : 'moon'}
      label={isDark ? 'Light colours' : 'Dark colours'}
      onPress={() => setTheme(isDark ? 'light' : 'dark')}
    />
  );
}

function View() {
  const shown = route.value;
  switch (shown.view) {
    case 'videos':
      return <VideosView />;
    case 'video':
      return <PlayerView key={shown.id} id={shown.id} at={shown.at} />;
    case 'edit':
      return <EditorView key={shown.id} id={shown.id} at={shown.at} />;
    case 'steps':
      return <StepsView key={shown.id} id={shown.id} />;
    case 'cameras':
      return <CamerasView tab={shown.tab} />;
    case 'system':
      return <SystemView />;
  }
}

/** Skips to the content: a link would change the address, which names the view. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('view')?.focus();
}

/** What is around every view: navigation, theme, and a word where the server is away. */
export function Shell() {
  return (
    <div class="shell">
      <button type="button" class="button skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="side">
        <a class="brand" href={hashOf({ view: 'videos' })}>
          <img src="./assets/icon.svg" alt="" width="28" height="28" />
          secondglance
        </a>
        <nav class="nav" aria-label="Main">
          {PLACES.map(({ to, label, icon, views }) => (
            <a key={label} href={hashOf(to)} aria-current={views.includes(route.value.view) ? 'page' : undefined}>
              <Icon name={icon} />
              {label}
            </a>
          ))}
        </nav>
        <div class="side-end">
          <ThemeButton />
          {session.value?.passwordRequired && (
            <IconButton icon="leave" label="Log out" onPress={() => attempt(logOut)} />
          )}
        </div>
      </header>
      <div>
        {!connected.value && (
          <div class="offline" role="status">
            The server does not answer. The page goes on by itself once it does.
          </div>
        )}
        <main id="view" class="view" tabIndex={-1}>
          <View />
        </main>
      </div>
    </div>
  );
}
