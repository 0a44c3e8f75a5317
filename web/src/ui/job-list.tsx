import type { Job } from '../../../src/web/api/schemas/job.ts';
import { removeJob, retryJob } from '../state/known-jobs.ts';
import { addressOf } from '../state/server.ts';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { attempt } from './notices.ts';
import { ProgressBar } from './progress-bar.tsx';

const KINDS: Readonly<Record<Job['kind'], string>> = {
  mux: 'Video with its track',
  burn: 'Video with burnt-in captions',
  chapters: 'Video with chapters',
  steps: 'Steps of a guide',
  proxy: 'Copy for browsers',
  pull: 'Download of a model',
};

const STATES: Readonly<Record<Job['state'], readonly [words: string, tone: string]>> = {
  queued: ['Waiting', ''],
  running: ['Working', 'busy'],
  done: ['Done', 'good'],
  failed: ['Failed', 'bad'],
  cancelled: ['Cancelled', ''],
};

function JobRow({ job, named }: { readonly job: Job; readonly named: boolean }) {
  const { id, kind, name, state, progress, problem, message, file } = job;
  const [words, tone] = STATES[state];
  const share = state === 'running' && progress !== undefined ? ` ${Math.floor(progress * 100)} %` : '';
  const label = `${KINDS[kind]}: ${name}`;
  const working = state === 'queued' || state === 'running';
  return (
    <li class="job">
      <div class="row">
        <span class="grow clip job-name" dir="auto">
          {named ? label : KINDS[kind]}
        </span>
        <span class={`tag figures ${tone}`}>
          {words}
          {share}
        </span>
        {state === 'done' && file !== undefined && kind !== 'proxy' && (
          <a class="button" href={addressOf('GET /jobs/{id}/file', { params: { id } })} download={file}>
            <Icon name="download" />
            Download
          </a>
        )}
        {(state === 'failed' || state === 'cancelled') && (
          <IconButton icon="retry" label={`Retry: ${label}`} onPress={() => attempt(() => retryJob(id))} />
        )}
        <IconButton
          icon={working ? 'close' : 'trash'}
          label={`${working ? 'Cancel' : 'Remove'}: ${label}`}
          onPress={() => attempt(() => removeJob(job))}
        />
      </div>
      {working && <ProgressBar label={label} share={progress} />}
      {(problem?.message ?? message) !== undefined && (
        <p class={problem ? 'small problem' : 'small soft'} dir="auto">
          {problem?.message ?? message}
        </p>
      )}
    </li>
  );
}

/** Work beside captioning: how far it is, and what it made. */
export function JobList({ jobs, named = true }: { readonly jobs: readonly Job[]; readonly named?: boolean }) {
  if (jobs.length === 0) return null;
  return (
    <ul class="jobs" aria-label="Jobs">
      {jobs.map((job) => (
        <JobRow key={job.id} job={job} named={named} />
      ))}
    </ul>
  );
}
