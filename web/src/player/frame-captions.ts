import { type Signal, signal } from '@preact/signals';
import type { FrameCaption } from '../../../src/web/api/schemas/videos.ts';
import { onEvent } from '../state/live-events.ts';
import { api } from '../state/server.ts';

/** The captions of a video's keyframes, in order, kept up to date. */
export interface CaptionStore {
  readonly captions: Signal<readonly FrameCaption[]>;
  load(): Promise<void>;
  close(): void;
}

/** Loads all captions of a video, and adds those that arrive. */
export function openCaptions(id: string): CaptionStore {
  const captions = signal<readonly FrameCaption[]>([]);
  let closed = false;

  const add = (fresh: readonly FrameCaption[]): void => {
    const byIndex = new Map(captions.value.map((caption) => [caption.index, caption]));
    for (const caption of fresh) byIndex.set(caption.index, caption);
    captions.value = [...byIndex.values()].sort((a, b) => a.index - b.index);
  };
  const load = async (): Promise<void> => {
    for (let from: number | undefined = 0; from !== undefined && !closed; ) {
      const page: { captions: FrameCaption[]; next?: number | undefined } = await api('GET /videos/{id}/captions', {
        params: { id },
        query: { from, limit: 1000 },
      });
      add(page.captions);
      from = page.next;
    }
  };
  const stop = [
    onEvent('caption', (event) => {
      if (event.id === id) add([event.caption]);
    }),
    onEvent('reset', () => {
      captions.value = [];
      load().catch(() => undefined);
    }),
  ];
  return {
    captions,
    load,
    close: () => {
      closed = true;
      for (const end of stop) end();
    },
  };
}
