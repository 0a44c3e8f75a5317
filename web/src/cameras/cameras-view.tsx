import { useEffect } from 'preact/hooks';
import { cameras, camerasProblem, loadCameras } from '../state/known-cameras.ts';
import { type CameraTab, hashOf } from '../state/route.ts';
import { Button } from '../ui/button.tsx';
import { ViewHead } from '../ui/heading.tsx';
import { CameraAlertsTab } from './camera-alerts.tsx';
import { CameraDayTab } from './camera-day.tsx';
import { CameraSearchTab } from './camera-search.tsx';
import { CameraTiles } from './camera-tiles.tsx';
import { SightingDialog } from './sighting-dialog.tsx';

const TABS: readonly (readonly [CameraTab, string])[] = [
  ['now', 'Now'],
  ['day', 'Day'],
  ['search', 'Search'],
  ['alerts', 'Alerts'],
];

function Tab({ tab }: { readonly tab: CameraTab }) {
  switch (tab) {
    case 'now':
      return <CameraTiles />;
    case 'day':
      return <CameraDayTab />;
    case 'search':
      return <CameraSearchTab />;
    case 'alerts':
      return <CameraAlertsTab />;
  }
}

/** Cameras: what they see now, what they saw on a day, a search, and alerts. */
export function CamerasView({ tab }: { readonly tab: CameraTab }) {
  useEffect(() => void loadCameras(), []);
  return (
    <>
      <ViewHead title="Cameras" />
      <div class="stack">
        {camerasProblem.value !== undefined && (
          <div class="notice bad" role="alert">
            <div>{camerasProblem.value}</div>
            <Button icon="retry" label="Try again" onPress={loadCameras} />
          </div>
        )}
        {cameras.value !== undefined && (
          <>
            <nav class="tabs" aria-label="Cameras">
              {TABS.map(([to, words]) => (
                <a key={to} href={hashOf({ view: 'cameras', tab: to })} aria-current={to === tab ? 'page' : undefined}>
                  {words}
                </a>
              ))}
            </nav>
            <Tab tab={tab} />
          </>
        )}
      </div>
      <SightingDialog />
    </>
  );
}
