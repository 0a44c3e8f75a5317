import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Violation } from '../../../src/pipeline/cues/check-cues.ts';
import type { ProfileName } from '../../../src/pipeline/cues/profiles.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { clockTime } from '../ui/show-time.ts';
import { describeViolation, readingSpeed } from './check-edits.ts';
import type { EditCue } from './edit-cues.ts';
import { TimeField } from './time-field.tsx';

/** What a row can ask for. */
export interface CueCommands {
  select(key: string): void;
  changeText(key: string, text: string): void;
  setTimes(key: string, start: number, end: number): void;
  split(key: string, offset: number): void;
  merge(key: string): void;
  remove(key: string): void;
  shift(key: string): void;
  recaption(key: string): void;
  seek(time: number): void;
  /** Where the player is, in microseconds. */
  now(): number;
}

interface CueRowProps {
  readonly cue: EditCue;
  readonly number: number;
  readonly selected: boolean;
  readonly violations: readonly Violation[] | undefined;
  readonly profile: ProfileName;
  readonly playing: ReadonlySignal<string | undefined>;
  readonly commands: CueCommands;
}

function Violations({ cue, violations }: Pick<CueRowProps, 'cue' | 'violations'>) {
  const words = (violations ?? []).map(describeViolation);
  if (cue.text.trim() === '') words.unshift('No text: left out when saved');
  if (words.length === 0) return null;
  return (
    <ul class="violations small">
      {words.map((text) => (
        <li key={text}>
          <Icon name="warn" />
          {text}
        </li>
      ))}
    </ul>
  );
}

/** The selected cue, with everything that can be changed. */
function OpenCue({ cue, number, violations, profile, commands }: CueRowProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { key, start, end, text } = cue;
  const speed = readingSpeed(cue, profile);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
  }, []);
  const split = (): void => commands.split(key, field.current?.selectionStart ?? text.length);
  return (
    <div class="open-cue">
      <div class="row">
        <TimeField label={`Start of cue ${number}`} value={start} onChange={(at) => commands.setTimes(key, at, end)} />
        <span aria-hidden="true">–</span>
        <TimeField label={`End of cue ${number}`} value={end} onChange={(at) => commands.setTimes(key, start, at)} />
        <Button label="Start here" look="plain" onPress={() => commands.setTimes(key, commands.now(), end)} />
        <Button label="End here" look="plain" onPress={() => commands.setTimes(key, start, commands.now())} />
      </div>
      <textarea
        ref={field}
        class="input"
        aria-label={`Text of cue ${number}`}
        dir="auto"
        rows={Math.max(2, text.split('\n').length)}
        value={text}
        onInput={(event) => commands.changeText(key, event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          split();
        }}
      />
      <div class="row">
        <span class={speed.value > speed.most ? 'tag warn figures' : 'tag figures'}>
          {Number.isFinite(speed.value) ? speed.value : 0} {speed.unit}
        </span>
        <span class="grow" />
        <IconButton icon="split" label="Split at the cursor (Ctrl+Enter)" onPress={split} />
        <IconButton icon="merge" label="Merge with the next cue" onPress={() => commands.merge(key)} />
        <IconButton icon="settings" label="Shift" onPress={() => commands.shift(key)} />
        <IconButton icon="retry" label="Ask the model again" onPress={() => commands.recaption(key)} />
        <IconButton icon="trash" label="Delete this cue" onPress={() => commands.remove(key)} />
      </div>
      <div aria-live="polite">
        <Violations cue={cue} violations={violations} />
      </div>
    </div>
  );
}

/** A cue that is not selected: one button, which selects it. */
function ClosedCue({ cue, number, violations, commands }: CueRowProps) {
  return (
    <>
      <button
        type="button"
        class="line"
        onClick={() => {
          commands.select(cue.key);
          commands.seek(cue.start);
        }}
      >
        <span class="figures soft small">
          <span class="unseen">Edit cue {number} at </span>
          {clockTime(cue.start)}
        </span>
        <span class="line-text" dir="auto">
          {cue.text}
        </span>
      </button>
      <Violations cue={cue} violations={violations} />
    </>
  );
}

/** A cue in the editor. What does not change is not drawn again. */
export function CueRow(props: CueRowProps) {
  const { cue, number, selected, violations, profile, playing } = props;
  const isPlaying = playing.value === cue.key;
  return useMemo(
    () => (
      <li
        class={['cue', selected ? 'selected' : '', isPlaying ? 'playing' : ''].filter(Boolean).join(' ')}
        data-key={cue.key}
      >
        {selected ? <OpenCue {...props} /> : <ClosedCue {...props} />}
      </li>
    ),
    [cue, number, selected, violations, profile, isPlaying],
  );
}
