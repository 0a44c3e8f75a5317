import { useEffect, useState } from 'preact/hooks';
import type { System } from '../../../src/web/api/schemas/system.ts';
import { jobs } from '../state/known-jobs.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';
import { setTheme, type Theme, theme } from '../state/theme.ts';
import { ViewHead } from '../ui/heading.tsx';
import { JobList } from '../ui/job-list.tsx';
import { sizeInWords } from '../ui/show-time.ts';
import { DoctorCard } from './doctor-card.tsx';
import { ModelsCard } from './models-card.tsx';

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

function workersInWords(workers: System['workers']): string {
  if (workers === undefined) return 'Redis does not say';
  const { decoding, captioning, writing } = workers;
  return `${decoding} for decoding, ${captioning} for captions, ${writing} for tracks`;
}

function ServerCard({ system }: { readonly system: System }) {
  const { version, runner, concurrency, workers, running, queued, folders, urls, upload } = system;
  const facts: readonly (readonly [string, string])[] = [
    ['secondglance', version],
    ['Captions are made', runner === 'process' ? 'in this server' : 'by the workers behind Redis'],
    ...(runner === 'process' ? [] : [['Workers', workersInWords(workers)] as const]),
    ['Now', `${running} captioning, ${queued} waiting, ${concurrency} at once`],
    ['Uploads', `up to ${sizeInWords(upload.limit)} a file, ${sizeInWords(upload.free)} free`],
    ['Folders', folders.length === 0 ? 'none' : folders.join(', ')],
    ['By address', urls ? 'allowed' : 'not allowed'],
  ];
  return (
    <section class="card panel" aria-labelledby="server-head">
      <h2 id="server-head">Server</h2>
      <dl class="facts wide">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt class="soft">{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The queue, jobs, models, what doctor says, and how this page looks. */
export function SystemView() {
  const [system, setSystem] = useState<System>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let wait: ReturnType<typeof setTimeout> | undefined;
    const load = (): void => {
      wait = undefined;
      api('GET /system').then(setSystem, (error) => setProblem(inWords(error)));
    };
    load();
    // The queue changes with the videos; once in two seconds is enough.
    const stop = onEvent('video', () => {
      wait ??= setTimeout(load, 2000);
    });
    return () => {
      stop();
      clearTimeout(wait);
    };
  }, []);
  return (
    <>
      <ViewHead title="System" />
      <div class="stack">
        {problem !== undefined && (
          <div class="notice bad" role="alert">
            <div>{problem}</div>
          </div>
        )}
        <div class="panels">
          {system !== undefined && <ServerCard system={system} />}
          <section class="card panel" aria-labelledby="jobs-head">
            <h2 id="jobs-head">Jobs</h2>
            <JobList jobs={jobs.value} />
            {jobs.value.length === 0 && <p class="soft">Copies and downloads that are asked for are listed here.</p>}
          </section>
        </div>
        <ModelsCard />
        <div class="panels">
          <DoctorCard />
          <section class="card panel" aria-labelledby="look-head">
            <h2 id="look-head">Appearance</h2>
            <fieldset class="plain-set">
              <legend class="unseen">Colours</legend>
              {THEMES.map(([value, words]) => (
                <label key={value} class="check">
                  <input type="radio" name="theme" checked={theme.value === value} onChange={() => setTheme(value)} />
                  {words}
                </label>
              ))}
            </fieldset>
          </section>
        </div>
      </div>
    </>
  );
}
