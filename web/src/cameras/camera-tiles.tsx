import type { Camera } from '../../../src/web/api/schemas/cameras.ts';
import { cameras } from '../state/known-cameras.ts';
import { SightingCard } from './sighting-card.tsx';
import { clockOf, dayOf } from './sighting-time.ts';

const STATES: Readonly<Record<Camera['state'], readonly [words: string, tone: string]>> = {
  connecting: ['Connecting', 'busy'],
  live: ['Live', 'good'],
  stalled: ['No picture comes', 'warn'],
  failed: ['Not reachable', 'bad'],
  ended: ['Ended', ''],
  stopped: ['Live is not running', 'warn'],
  waiting: ['Recordings wait', 'busy'],
  idle: ['Up to date', 'good'],
};

function Tile({ camera }: { readonly camera: Camera }) {
  const { name, state, since, reason, waiting, failed, latest } = camera;
  const [words, tone] = STATES[state];
  const facts = [
    since === undefined ? undefined : `since ${dayOf(since)} ${clockOf(since)}`,
    reason,
    waiting > 0 ? `${waiting} waiting` : undefined,
    failed > 0 ? `${failed} failed` : undefined,
  ].filter((fact) => fact !== undefined);
  return (
    <li class="card tile">
      <div class="row">
        <h2 class="grow clip" dir="auto">
          {name}
        </h2>
        <span class={`tag ${tone}`}>{words}</span>
      </div>
      {facts.length > 0 && (
        <p class="small soft" dir="auto">
          {facts.join(' · ')}
        </p>
      )}
      {latest === undefined ? <p class="soft">Nothing seen yet.</p> : <SightingCard sighting={latest} />}
    </li>
  );
}

/** What each camera saw last, as it happens. */
export function CameraTiles() {
  if (cameras.value?.length === 0) return <p class="empty">No camera has recorded anything yet.</p>;
  return (
    <ul class="tiles" aria-label="Cameras">
      {cameras.value?.map((camera) => (
        <Tile key={camera.name} camera={camera} />
      ))}
    </ul>
  );
}
