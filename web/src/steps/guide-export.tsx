import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { jobsOf, rememberJob } from '../state/known-jobs.ts';
import { addressOf, api } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { JobList } from '../ui/job-list.tsx';
import { attempt } from '../ui/notices.ts';

const FORMATS = [
  ['html', 'Guide (.html)'],
  ['md', 'Markdown (.md)'],
  ['chapters', 'Chapters (.vtt)'],
  ['list', 'List of times (.txt)'],
  ['json', 'steps.json'],
] as const;

/** Exports the guide as it was saved, and the video with its steps as chapters. */
export function GuideExport({ video: { id } }: { readonly video: Video }) {
  const copy = (container: 'mp4' | 'mkv'): Promise<boolean> =>
    attempt(async () =>
      rememberJob(await api('POST /videos/{id}/renders', { params: { id }, body: { kind: 'chapters', container } })),
    );
  return (
    <section class="card panel" aria-labelledby="guide-export">
      <h2 id="guide-export">Export</h2>
      <div class="row">
        {FORMATS.map(([format, words]) => (
          <a
            key={format}
            class="button"
            href={addressOf('GET /videos/{id}/guide', { params: { id }, query: { format } })}
            download
          >
            <Icon name="download" />
            {words}
          </a>
        ))}
        <Button icon="film" label="MP4 with chapters" onPress={() => copy('mp4')} />
        <Button icon="film" label="MKV with chapters" onPress={() => copy('mkv')} />
      </div>
      <JobList jobs={jobsOf(id).filter(({ kind }) => kind === 'chapters')} named={false} />
    </section>
  );
}
