import { useState } from 'preact/hooks';
import type { SightingList } from '../../../src/web/api/schemas/cameras.ts';
import { cameras } from '../state/known-cameras.ts';
import { api, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { SightingCard } from './sighting-card.tsx';
import { dayAfter } from './sighting-time.ts';

const PAGE = 48;

interface Asked {
  readonly words: string;
  readonly camera: string;
  /** Days, the last one included; empty for no limit. */
  readonly from: string;
  readonly to: string;
  readonly exact: boolean;
}

async function find({ words, camera, from, to, exact }: Asked, limit: number): Promise<SightingList> {
  const query = {
    ...{ words, limit },
    ...(camera === '' ? {} : { camera }),
    ...(from === '' ? {} : { since: from }),
    ...(to === '' ? {} : { until: dayAfter(to, 1) }),
    ...(exact ? { exact: '1' as const } : {}),
  };
  return api('GET /sightings', { query });
}

/** Searches what cameras saw. */
export function CameraSearchTab() {
  const [asked, setAsked] = useState<Asked>({ words: '', camera: '', from: '', to: '', exact: false });
  const [found, setFound] = useState<SightingList>();
  const [problem, setProblem] = useState<string>();
  const change = (part: Partial<Asked>): void => setAsked({ ...asked, ...part });
  const search = async (limit: number): Promise<void> => {
    try {
      setFound(await find(asked, limit));
      setProblem(undefined);
    } catch (error) {
      setProblem(inWords(error));
    }
  };
  return (
    <div class="stack">
      <search>
        <form
          class="card panel"
          onSubmit={(event) => {
            event.preventDefault();
            void search(PAGE);
          }}
        >
          <div class="row">
            <input
              class="input grow"
              type="search"
              required
              placeholder={'person, "dog near gate", text:"exit 3"'}
              aria-label="Words"
              value={asked.words}
              onInput={(event) => change({ words: event.currentTarget.value })}
            />
            <button type="submit" class="button main">
              Search
            </button>
          </div>
          <div class="form-row">
            <label class="field">
              <span>Camera</span>
              <select
                class="input"
                value={asked.camera}
                onChange={(event) => change({ camera: event.currentTarget.value })}
              >
                <option value="">All cameras</option>
                {cameras.value?.map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              <span>From</span>
              <input
                class="input"
                type="date"
                value={asked.from}
                onChange={(event) => change({ from: event.currentTarget.value })}
              />
            </label>
            <label class="field">
              <span>To</span>
              <input
                class="input"
                type="date"
                value={asked.to}
                onChange={(event) => change({ to: event.currentTarget.value })}
              />
            </label>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={asked.exact}
              onChange={(event) => change({ exact: event.currentTarget.checked })}
            />
            These words only: person does not find a man
          </label>
        </form>
      </search>
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
      <p class="small soft" role="status">
        {found !== undefined &&
          (found.sightings.length === 0
            ? 'Nothing was found.'
            : `${found.more ? 'The newest ' : ''}${found.sightings.length} found`)}
      </p>
      <ul class="sightings" aria-label="Found">
        {found?.sightings.map((sighting) => (
          <li key={sighting.id}>
            <SightingCard sighting={sighting} />
          </li>
        ))}
      </ul>
      {found?.more && found.sightings.length < 1000 && (
        <div class="center">
          <Button label="Show more" onPress={() => search(Math.min(1000, 2 * found.sightings.length))} />
        </div>
      )}
    </div>
  );
}
