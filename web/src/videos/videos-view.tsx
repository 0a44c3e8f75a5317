import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { System } from '../../../src/web/api/schemas/system.ts';
import type { Video, VideoOptions } from '../../../src/web/api/schemas/videos.ts';
import { api } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { ViewHead } from '../ui/heading.tsx';
import { AddDialog } from './add-dialog.tsx';
import { CaptionOptions } from './caption-options.tsx';
import { DropZone } from './drop-zone.tsx';
import { UploadList } from './upload-list.tsx';
import { openVideoPages, type VideoFilter } from './video-pages.ts';
import { VideoRow } from './video-row.tsx';

const STATES: readonly (readonly [Video['state'] | '', string])[] = [
  ['', 'All states'],
  ['running', 'Captioning'],
  ['queued', 'Waiting'],
  ['paused', 'Paused'],
  ['done', 'Done'],
  ['partial', 'Incomplete'],
  ['failed', 'Failed'],
  ['cancelled', 'Cancelled'],
];

/** How videos are captioned, for as long as the page is open. */
let lastOptions: VideoOptions = {};

/** All videos: add, watch their progress, find one. */
export function VideosView() {
  const [pages] = useState(openVideoPages);
  const [system, setSystem] = useState<System>();
  const [adding, setAdding] = useState(false);
  const options = useSignal(lastOptions);
  const filter = useSignal<VideoFilter>({ search: '', state: '' });
  const typing = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    void pages.load(filter.value);
    api('GET /system').then(setSystem, () => undefined);
    return pages.close;
  }, []);
  lastOptions = options.value;

  const choose = (change: Partial<VideoFilter>, wait = 0): void => {
    filter.value = { ...filter.value, ...change };
    clearTimeout(typing.current);
    typing.current = setTimeout(() => void pages.load(filter.value), wait);
  };
  const total = pages.total.value;
  const filtered = filter.value.search !== '' || filter.value.state !== '';
  const otherWays = system !== undefined && (system.urls || system.folders.length > 0);

  return (
    <>
      <ViewHead title="Videos" />
      <div class="stack">
        <div class="card add">
          <DropZone options={options.value} onAdd={otherWays ? () => setAdding(true) : undefined} />
          <CaptionOptions
            options={options.value}
            onChange={(value) => {
              options.value = value;
            }}
          />
        </div>
        <UploadList />
        {(filtered || (total ?? 0) > 0) && (
          <search class="row">
            <input
              class="input grow"
              type="search"
              placeholder="Search by name"
              aria-label="Search by name"
              value={filter.value.search}
              onInput={(event) => choose({ search: event.currentTarget.value.trim() }, 250)}
            />
            <select
              class="input narrow"
              aria-label="State"
              value={filter.value.state}
              onChange={(event) => choose({ state: event.currentTarget.value as VideoFilter['state'] })}
            >
              {STATES.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
            <span class="small soft figures" role="status">
              {total === undefined ? '' : `${total.toLocaleString()} ${total === 1 ? 'video' : 'videos'}`}
            </span>
          </search>
        )}
        {pages.problem.value !== undefined && (
          <div class="notice bad" role="alert">
            <div>{pages.problem.value}</div>
            <Button icon="retry" label="Try again" onPress={() => pages.load(filter.value)} />
          </div>
        )}
        {total === 0 && (
          <p class="empty">
            {filtered ? 'No video fits.' : 'No videos yet. Drop one above to see its captions arrive.'}
          </p>
        )}
        <ul class="videos" aria-label="Videos">
          {pages.rows.value.map((video) => (
            <VideoRow key={video.peek().id} video={video} />
          ))}
        </ul>
        {pages.more.value && (
          <div class="center">
            <Button label="Show more" onPress={pages.loadMore} />
          </div>
        )}
      </div>
      {adding && system !== undefined && (
        <AddDialog system={system} options={options.value} onClose={() => setAdding(false)} onAdded={pages.add} />
      )}
    </>
  );
}
