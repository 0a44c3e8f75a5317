import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { Sighting } from '../../../src/web/api/schemas/cameras.ts';
import { addressOf, api, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { clockOf, dayOf } from './sighting-time.ts';

/** The sighting that is shown in a dialog. */
export const shownSighting = signal<Sighting | undefined>(undefined);

function close(): void {
  shownSighting.value = undefined;
}

/** Why a clip cannot be played: the browser does not say. */
async function reasonOf(id: string): Promise<string> {
  try {
    await api('GET /sightings/{id}/clip', { params: { id } });
    return 'This browser does not play the clip.';
  } catch (error) {
    return inWords(error);
  }
}

function Clip({ sighting: { id, text, picture } }: { readonly sighting: Sighting }) {
  const [problem, setProblem] = useState<string>();
  const source = addressOf('GET /sightings/{id}/clip', { params: { id } });
  const still = addressOf('GET /sightings/{id}/picture', { params: { id } });
  if (problem !== undefined) {
    return (
      <>
        {picture && <img class="screen" src={still} alt={text} />}
        <div class="notice bad" role="alert">
          <div dir="auto">{problem}</div>
        </div>
      </>
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: what is seen in it stands beside it
    <video
      class="screen"
      src={source}
      poster={picture ? still : undefined}
      controls
      playsInline
      preload="metadata"
      aria-label={`Clip: ${text}`}
      onError={() => void reasonOf(id).then(setProblem)}
    />
  );
}

/** A sighting with its clip, or its picture where it was seen in a live stream. */
export function SightingDialog() {
  const sighting = shownSighting.value;
  if (sighting === undefined) return null;
  const { id, camera, time, text, confidence, file, picture } = sighting;
  return (
    <Dialog title={`${camera}, ${dayOf(time)} ${clockOf(time)}`} onClose={close}>
      <p dir="auto">{text}</p>
      {file !== undefined ? (
        <Clip key={id} sighting={sighting} />
      ) : picture ? (
        <img class="screen" src={addressOf('GET /sightings/{id}/picture', { params: { id } })} alt={text} />
      ) : null}
      <p class="small soft">
        Confidence {confidence.toFixed(2)}
        {file === undefined && ' · seen in a live stream, of which no recording is known'}
      </p>
      {file !== undefined && (
        <p class="small soft path" dir="auto">
          {file}
        </p>
      )}
      <div class="dialog-end">
        {file !== undefined && (
          <a
            class="button"
            href={addressOf('GET /sightings/{id}/clip', { params: { id } })}
            download={`${camera} ${time.slice(0, 19).replaceAll(':', '-')}.mp4`}
          >
            <Icon name="download" />
            Download the clip
          </a>
        )}
        <Button label="Close" onPress={close} />
      </div>
    </Dialog>
  );
}
