import { useEffect, useState } from 'preact/hooks';
import { PROFILE_NAMES, type ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import type { Model } from '../../../src/web/api/schemas/system.ts';
import type { VideoOptions } from '../../../src/web/api/schemas/videos.ts';
import { api } from '../state/server.ts';

interface CaptionOptionsProps {
  readonly options: VideoOptions;
  readonly onChange: (options: VideoOptions) => void;
}

const FRAMES = [
  ['auto', 'Automatic'],
  ['scene', 'At each cut'],
  ['motion', 'When something moves (fixed camera)'],
  ['every:2s', 'Every 2 seconds'],
  ['every:10s', 'Every 10 seconds'],
  ['keyframes', 'Key frames of the file (fastest)'],
] as const;

/** A field that offers a few values; an empty one leaves the server's default. */
function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, words: string])[];
  readonly onChoice: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select class="input" value={props.value} onChange={(event) => props.onChoice(event.currentTarget.value)}>
        {props.choices.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** `options` with one of them set, or left to the server. */
function withOption<Key extends keyof VideoOptions>(
  options: VideoOptions,
  key: Key,
  value: VideoOptions[Key],
): VideoOptions {
  const { [key]: _, ...rest } = options;
  return value === undefined ? rest : { ...rest, [key]: value };
}

/** How the videos that are added next are captioned. */
export function CaptionOptions({ options, onChange }: CaptionOptionsProps) {
  const [models, setModels] = useState<readonly Model[]>([]);
  useEffect(() => {
    api('GET /models').then(
      (list) => setModels(list.models.filter(({ installed }) => installed)),
      // Without the list, the server's default is what there is.
      () => undefined,
    );
  }, []);
  const set = <Key extends keyof VideoOptions>(key: Key, value: VideoOptions[Key]): void =>
    onChange(withOption(options, key, value));
  return (
    <details class="options">
      <summary>How to caption</summary>
      <div class="option-fields">
        <Choice
          label="Model"
          value={options.model ?? ''}
          choices={[['', 'Default'], ...models.map(({ name }) => [name, name] as const)]}
          onChoice={(value) => set('model', value || undefined)}
        />
        <Choice
          label="Passes"
          value={String(options.passes ?? 2)}
          choices={[
            ['2', 'Two: draft and correction'],
            ['1', 'One: draft only (faster)'],
          ]}
          onChoice={(value) => set('passes', value === '1' ? 1 : undefined)}
        />
        <Choice
          label="Pictures"
          value={options.frames ?? 'auto'}
          choices={FRAMES}
          onChoice={(value) => set('frames', value === 'auto' ? undefined : value)}
        />
        <Choice
          label="Readability profile"
          value={options.profile ?? 'web'}
          choices={PROFILE_NAMES.map((name) => [name, name] as const)}
          onChoice={(value) => set('profile', value === 'web' ? undefined : (value as ProfileName))}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={options.events === true}
            onChange={(event) => set('events', event.currentTarget.checked || undefined)}
          />
          One caption for each event
        </label>
      </div>
    </details>
  );
}
