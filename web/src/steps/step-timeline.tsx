import type { ReadonlySignal } from '@preact/signals';
import { clockTime, exactTime } from '../ui/show-time.ts';
import { type EditedStep, startLimits } from './edit-steps.ts';

interface StepTimelineProps {
  readonly steps: readonly EditedStep[];
  /** Seconds. */
  readonly duration: number;
  readonly time: ReadonlySignal<number>;
  readonly onMove: (at: number, time: number) => void;
  readonly onMoved: () => void;
  readonly onSeek: (time: number) => void;
}

/** How far the keys move a boundary, in seconds. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -0.2,
  ArrowDown: -0.2,
  ArrowRight: 0.2,
  ArrowUp: 0.2,
  PageDown: -2,
  PageUp: 2,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function percent(time: number, duration: number): string {
  return `${(100 * Math.min(1, time / duration)).toFixed(3)}%`;
}

interface BoundaryProps extends Omit<StepTimelineProps, 'time'> {
  readonly at: number;
}

/** The start of a step: dragged with a pointer, or moved with the arrow keys. */
function Boundary({ steps, duration, at, onMove, onMoved, onSeek }: BoundaryProps) {
  const step = steps[at];
  if (step === undefined) return null;
  const [least, most] = startLimits(steps, at);
  const press = (event: KeyboardEvent): void => {
    const by = KEYS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const time = Math.min(most, Math.max(least, step.start + by));
    onMove(at, time);
    onSeek(time);
  };
  return (
    <div
      class="boundary"
      role="slider"
      tabIndex={0}
      aria-label={`Start of step ${at + 1}, ${step.title}`}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={step.start}
      aria-valuetext={exactTime(step.start * 1e6)}
      style={{ left: percent(step.start, duration) }}
      onKeyDown={press}
      onKeyUp={onMoved}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.focus();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={({ currentTarget, pointerId, clientX }) => {
        const line = currentTarget.parentElement;
        if (line === null || !currentTarget.hasPointerCapture(pointerId)) return;
        const { left, width } = line.getBoundingClientRect();
        const time = Math.min(most, Math.max(least, ((clientX - left) / width) * duration));
        onMove(at, time);
        onSeek(time);
      }}
      onLostPointerCapture={onMoved}
    />
  );
}

/** The steps on a line, whose boundaries can be moved. */
export function StepTimeline(props: StepTimelineProps) {
  const { steps, duration, time, onSeek } = props;
  return (
    <div class="step-line">
      {steps.map(({ start, end, title }, at) => (
        <button
          key={at}
          type="button"
          class={`step-part ${at % 2 === 0 ? 'even' : 'odd'}`}
          tabIndex={-1}
          aria-label={`Play step ${at + 1} from ${clockTime(start * 1e6)}`}
          title={title}
          style={{ left: percent(start, duration), width: percent(end - start, duration) }}
          onClick={() => onSeek(start)}
        >
          {at + 1}
        </button>
      ))}
      <span class="playhead" style={{ left: percent(time.value, duration) }} />
      {steps.map((_, at) => at > 0 && <Boundary key={at} {...props} at={at} />)}
    </div>
  );
}
