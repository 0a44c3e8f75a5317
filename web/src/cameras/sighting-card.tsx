import type { Sighting } from '../../../src/web/api/schemas/cameras.ts';
import { addressOf } from '../state/server.ts';
import { shownSighting } from './sighting-dialog.tsx';
import { clockOf, dayOf } from './sighting-time.ts';

interface SightingCardProps {
  readonly sighting: Sighting;
  /** How often the same was seen in a row. */
  readonly times?: number;
}

/** Something that a camera saw, with its picture. Opens it. */
export function SightingCard({ sighting, times = 1 }: SightingCardProps) {
  const { id, camera, time, text, picture } = sighting;
  return (
    <button
      type="button"
      class="sighting"
      onClick={() => {
        shownSighting.value = sighting;
      }}
    >
      {picture ? (
        <img src={addressOf('GET /sightings/{id}/picture', { params: { id } })} alt="" loading="lazy" />
      ) : (
        <span class="no-thumbnail" />
      )}
      <span class="sighting-words">
        <span dir="auto">{text}</span>
        <span class="small soft figures">
          <span dir="auto">{camera}</span> · {dayOf(time)} {clockOf(time)}
          {times > 1 && ` · ${times} times`}
        </span>
      </span>
    </button>
  );
}
