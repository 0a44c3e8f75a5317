import type { Signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { knownVideo, rememberVideo } from './known-videos.ts';
import { onEvent } from './live-events.ts';
import { api, inWords } from './server.ts';

/** A video that a view shows, or why it cannot be shown. */
export interface ShownVideo {
  readonly video?: Signal<Video> | undefined;
  readonly problem?: string | undefined;
}

/** Loads a video that a view shows, and keeps it up to date. */
export function useVideo(id: string): ShownVideo {
  const [video, setVideo] = useState(() => knownVideo(id));
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const load = (): Promise<void> =>
      api('GET /videos/{id}', { params: { id } }).then(
        (loaded) => {
          const known = rememberVideo(loaded);
          setVideo(() => known);
          setProblem(undefined);
        },
        (error) => setProblem(inWords(error)),
      );
    void load();
    const stop = [
      onEvent('reset', () => void load()),
      onEvent('video-removed', (event) => {
        if (event.id === id) setProblem('This video was removed.');
      }),
    ];
    return () => {
      for (const end of stop) end();
    };
  }, [id]);
  return { video, problem };
}
