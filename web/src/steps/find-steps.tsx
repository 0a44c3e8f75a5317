import { useState } from 'preact/hooks';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { jobsOf, rememberJob } from '../state/known-jobs.ts';
import { api } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { JobList } from '../ui/job-list.tsx';
import { attempt } from '../ui/notices.ts';

interface FindStepsProps {
  readonly video: Video;
  /** Whether there are steps that would be replaced. */
  readonly again: boolean;
}

/** Has the steps of a video found, and says how far that is. */
export function FindSteps({ video: { id }, again }: FindStepsProps) {
  const [minStep, setMinStep] = useState(5);
  const [maxStep, setMaxStep] = useState(180);
  const jobs = jobsOf(id).filter(({ kind }) => kind === 'steps');
  const working = jobs.some(({ state }) => state === 'queued' || state === 'running');
  const find = async (): Promise<void> => {
    if (
      again &&
      !confirm('Other steps will take the place of these. Those with your changes are kept, and can be brought back.')
    )
      return;
    await attempt(async () =>
      rememberJob(await api('POST /videos/{id}/steps', { params: { id }, body: { minStep, maxStep } })),
    );
  };
  return (
    <section class="card panel" aria-label="Find the steps">
      <p>
        {again
          ? 'Find the steps again, with other lengths.'
          : 'The steps of an instruction video, each with its title, its picture and the words that are spoken, make a guide.'}
      </p>
      <div class="form-row">
        <label class="field">
          <span>Shortest step, in seconds</span>
          <input
            class="input"
            type="number"
            min="1"
            value={minStep}
            onInput={(event) => setMinStep(event.currentTarget.valueAsNumber || 5)}
          />
        </label>
        <label class="field">
          <span>Longest step, in seconds</span>
          <input
            class="input"
            type="number"
            min={2 * minStep}
            value={maxStep}
            onInput={(event) => setMaxStep(event.currentTarget.valueAsNumber || 180)}
          />
        </label>
      </div>
      <div class="row">
        <Button
          icon="search"
          label={again ? 'Find again' : 'Find the steps'}
          look={again ? undefined : 'main'}
          disabled={working}
          onPress={find}
        />
      </div>
      <JobList jobs={jobs.slice(0, 1)} named={false} />
    </section>
  );
}
