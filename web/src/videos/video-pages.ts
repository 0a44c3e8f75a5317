import { type Signal, signal } from '@preact/signals';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { knownVideo, rememberCaptions, rememberVideo } from '../state/known-videos.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';

/** What the list is limited to. */
export interface VideoFilter {
  readonly search: string;
  readonly state: Video['state'] | '';
}

/** The list of videos, page by page. */
export interface VideoPages {
  readonly rows: Signal<readonly Signal<Video>[]>;
  readonly total: Signal<number | undefined>;
  readonly problem: Signal<string | undefined>;
  readonly more: Signal<boolean>;
  /** Loads the first page again, or another selection. */
  load(filter: VideoFilter): Promise<void>;
  /** Loads the next page. */
  loadMore(): Promise<void>;
  /** Takes in videos that were just added. */
  add(videos: readonly Video[]): void;
  /** Ends following the server's events. */
  close(): void;
}

/** Begins with an empty list; `load` fills it, and the server's events keep it up to date. */
export function openVideoPages(): VideoPages {
  const rows = signal<readonly Signal<Video>[]>([]);
  const total = signal<number | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  const more = signal(false);
  let filter: VideoFilter = { search: '', state: '' };
  let next: string | undefined;
  /** Counts loads: the answer of an older one is not used. */
  let turn = 0;

  const fetchPage = async (cursor?: string): Promise<void> => {
    turn += 1;
    const mine = turn;
    try {
      const query = {
        ...(filter.search === '' ? {} : { search: filter.search }),
        ...(filter.state === '' ? {} : { state: filter.state }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const page = await api('GET /videos', { query });
      if (mine !== turn) return;
      const fresh = page.videos.map(rememberVideo);
      const before = cursor === undefined ? [] : rows.value.filter((row) => !fresh.includes(row));
      rows.value = [...before, ...fresh];
      total.value = page.total;
      next = page.next;
      more.value = next !== undefined;
      problem.value = undefined;
      for (const video of page.videos) if (video.state === 'running') void fillStrip(video);
    } catch (error) {
      if (mine === turn) problem.value = inWords(error);
    }
  };

  const fits = (video: Video): boolean =>
    video.name.toLowerCase().includes(filter.search.toLowerCase()) &&
    (filter.state === '' || filter.state === video.state);

  const add = (videos: readonly Video[]): void => {
    for (const video of videos) {
      const there = rows.value.some((row) => row.peek().id === video.id);
      const row = rememberVideo(video);
      if (there || !fits(video)) continue;
      rows.value = [row, ...rows.value];
      if (total.value !== undefined) total.value += 1;
    }
  };

  const stop = [
    onEvent('video', ({ video }) => {
      // One that is known without being listed is on a page that is not loaded, or does not fit the filter.
      if (knownVideo(video.id) === undefined) add([video]);
    }),
    onEvent('video-removed', ({ id }) => {
      const left = rows.value.filter((row) => row.peek().id !== id);
      if (left.length < rows.value.length && total.value !== undefined) total.value -= 1;
      rows.value = left;
    }),
    onEvent('reset', () => void fetchPage()),
  ];

  return {
    rows,
    total,
    problem,
    more,
    load: (wanted) => {
      filter = wanted;
      return fetchPage();
    },
    loadMore: () => fetchPage(next),
    add,
    close: () => {
      for (const end of stop) end();
    },
  };
}

/** Loads the latest captions of a video that is being captioned, for its row. */
async function fillStrip({ id, progress }: Video): Promise<void> {
  const from = Math.max(0, progress.keyframes - 6);
  try {
    const { captions } = await api('GET /videos/{id}/captions', { params: { id }, query: { from, limit: 6 } });
    rememberCaptions(id, captions);
  } catch {
    // The next captions arrive as events.
  }
}
