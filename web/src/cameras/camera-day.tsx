import { useEffect, useState } from 'preact/hooks';
import type { CameraDay } from '../../../src/web/api/schemas/cameras.ts';
import { onEvent } from '../state/live-events.ts';
import { addressOf, api, inWords } from '../state/server.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { SightingCard } from './sighting-card.tsx';
import { shownSighting } from './sighting-dialog.tsx';
import { dayAfter, dayOf } from './sighting-time.ts';

/** Moments that are listed at first, and with each press of the button. */
const LISTED = 24;
/** The day is loaded again at most so often while cameras report. */
const AGAIN_MS = 30_000;
/** A night, for its report. */
const NIGHT = ['18:00', '08:00'] as const;

type OneCamera = CameraDay['cameras'][number];

function percent(share: number): string {
  return `${(100 * share).toFixed(3)}%`;
}

/** The moment that is nearest to a place on the timeline. */
function nearest({ seen }: OneCamera, at: number): OneCamera['seen'][number] | undefined {
  return seen.reduce<OneCamera['seen'][number] | undefined>(
    (best, one) => (best === undefined || Math.abs(one.at - at) < Math.abs(best.at - at) ? one : best),
    undefined,
  );
}

/** The day of a camera as a line. The list below it has the same for a keyboard and a screen reader. */
function Timeline({ camera, hours }: { readonly camera: OneCamera; readonly hours: CameraDay['hours'] }) {
  const { bars, marks } = camera;
  return (
    <div
      class="timeline"
      aria-hidden="true"
      onClick={({ currentTarget, clientX }) => {
        const { left, width } = currentTarget.getBoundingClientRect();
        shownSighting.value = nearest(camera, (clientX - left) / width)?.sighting;
      }}
    >
      {bars.map(({ from, to, state }) => (
        <span key={from} class={`span ${state}`} style={{ left: percent(from), width: percent(to - from) }} />
      ))}
      {marks.map((at) => (
        <span key={at} class="mark" style={{ left: percent(at) }} />
      ))}
      {hours.map(({ at, label }) => (
        <span key={label} class="hour" style={{ left: percent(at) }}>
          {label}
        </span>
      ))}
    </div>
  );
}

function OneDay({ camera, hours }: { readonly camera: OneCamera; readonly hours: CameraDay['hours'] }) {
  const { name, recordings, moments, seen } = camera;
  const [listed, setListed] = useState(LISTED);
  return (
    <section class="card panel" aria-label={name}>
      <div class="row">
        <h2 class="grow" dir="auto">
          {name}
        </h2>
        <span class="small soft figures">
          {recordings === 1 ? '1 recording' : `${recordings} recordings`},{' '}
          {moments === 1 ? '1 moment with movement' : `${moments} moments with movement`}
        </span>
      </div>
      <Timeline camera={camera} hours={hours} />
      <ul class="sightings">
        {seen.slice(0, listed).map(({ sighting, times }) => (
          <li key={sighting.id}>
            <SightingCard sighting={sighting} times={times} />
          </li>
        ))}
      </ul>
      {seen.length > listed && (
        <div class="center">
          <Button label={`Show more of ${seen.length}`} onPress={() => setListed(listed + 2 * LISTED)} />
        </div>
      )}
      {seen.length <= listed && moments > seen.length && (
        <p class="soft center">These are the first {seen.length}. A search, or the report, has the others.</p>
      )}
    </section>
  );
}

function Reports({ date }: { readonly date: string }) {
  const night = { since: `${dayAfter(date, -1)} ${NIGHT[0]}`, until: `${date} ${NIGHT[1]}` };
  const reports = [
    ['Report of the day', { date }],
    ['Report of the night before', night],
  ] as const;
  return (
    <>
      {reports.map(([label, query]) => (
        <a
          key={label}
          class="button"
          href={addressOf('GET /cameras/report', { query })}
          target="_blank"
          rel="noreferrer"
        >
          <Icon name="report" />
          {label}
        </a>
      ))}
    </>
  );
}

/** The day's timeline of each camera, and reports. */
export function CameraDayTab() {
  const [date, setDate] = useState<string>();
  const [day, setDay] = useState<CameraDay>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let wait: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const load = (): void => {
      wait = undefined;
      api('GET /cameras/day', { query: date === undefined ? {} : { date } }).then(
        (loaded) => {
          if (left) return;
          setDay(loaded);
          setProblem(undefined);
        },
        (error) => setProblem(inWords(error)),
      );
    };
    load();
    const stop = onEvent('camera', ({ camera: { latest } }) => {
      // A day that is over changes no more, unless watch is behind.
      if (date === undefined || (latest !== undefined && dayOf(latest.time) === date))
        wait ??= setTimeout(load, AGAIN_MS);
    });
    return () => {
      left = true;
      stop();
      clearTimeout(wait);
    };
  }, [date]);
  const shown = date ?? day?.date;
  return (
    <div class="stack">
      {shown !== undefined && (
        <div class="row">
          <IconButton icon="back" label="The day before" onPress={() => setDate(dayAfter(shown, -1))} />
          <input
            class="input narrow"
            type="date"
            aria-label="Day"
            value={shown}
            onChange={(event) => event.currentTarget.value !== '' && setDate(event.currentTarget.value)}
          />
          <IconButton icon="forward" label="The day after" onPress={() => setDate(dayAfter(shown, 1))} />
          <Reports date={shown} />
        </div>
      )}
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
      {day?.cameras.length === 0 && <p class="empty">No camera recorded anything on this day.</p>}
      {day?.cameras.map((camera) => (
        <OneDay key={`${day.date} ${camera.name}`} camera={camera} hours={day.hours} />
      ))}
    </div>
  );
}
