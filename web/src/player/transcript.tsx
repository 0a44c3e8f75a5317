import { type ReadonlySignal, useComputed, useSignalEffect } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { ApiCue } from '../../../src/web/api/schemas/cues.ts';
import { scrollWithin } from '../ui/scroll-within.ts';
import { clockTime } from '../ui/show-time.ts';
import { cueAt } from './cue-at.ts';

interface TranscriptProps {
  readonly cues: ReadonlySignal<readonly ApiCue[]>;
  readonly time: ReadonlySignal<number>;
  readonly onSeek: (seconds: number) => void;
  readonly growing: boolean;
}

interface LineProps {
  readonly cue: ApiCue;
  readonly position: number;
  readonly active: ReadonlySignal<number>;
  readonly onSeek: (seconds: number) => void;
}

function Line({ cue, position, active, onSeek }: LineProps) {
  return (
    <li>
      <button
        type="button"
        class="line"
        data-position={position}
        aria-current={active.value === position ? 'true' : undefined}
        onClick={() => onSeek(cue.start)}
      >
        <span class="figures soft small">{clockTime(cue.start * 1e6)}</span>
        <span class="line-text" dir="auto">
          {cue.text}
        </span>
      </button>
    </li>
  );
}

/** The text beside the video: follows it, and seeks. */
export function Transcript({ cues, time, onSeek, growing }: TranscriptProps) {
  const list = useRef<HTMLUListElement>(null);
  const [follow, setFollow] = useState(true);
  const active = useComputed(() => cueAt(cues.value, time.value));
  useSignalEffect(() => {
    const line = list.current?.querySelector<HTMLElement>(`[data-position="${active.value}"]`);
    if (follow && line && list.current) scrollWithin(list.current, line);
  });
  return (
    <section class="card transcript" aria-label="Transcript">
      <header class="row">
        <h2 class="grow">Transcript</h2>
        <label class="check small">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />
          Follow
        </label>
      </header>
      {cues.value.length === 0 && (
        <p class="empty">{growing ? 'The first captions are on their way.' : 'There are no cues.'}</p>
      )}
      <ul ref={list}>
        {cues.value.map((cue, position) => (
          <Line key={position} cue={cue} position={position} active={active} onSeek={onSeek} />
        ))}
      </ul>
    </section>
  );
}
