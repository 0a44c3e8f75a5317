import { useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** Which cues are shifted. */
export type ShiftScope = 'one' | 'following' | 'all';

interface ShiftDialogProps {
  readonly onShift: (microseconds: number, scope: ShiftScope) => void;
  readonly onClose: () => void;
}

const SCOPES: readonly (readonly [ShiftScope, string])[] = [
  ['one', 'This cue'],
  ['following', 'This cue and all after it'],
  ['all', 'All cues'],
];

/** Moves cues in time. */
export function ShiftDialog({ onShift, onClose }: ShiftDialogProps) {
  const [seconds, setSeconds] = useState('0.5');
  const [scope, setScope] = useState<ShiftScope>('following');
  const amount = Number(seconds.replace(',', '.'));
  const valid = seconds.trim() !== '' && Number.isFinite(amount) && amount !== 0;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!valid) return;
    onShift(Math.round(amount * 1e6), scope);
    onClose();
  };
  return (
    <Dialog title="Shift cues" onClose={onClose}>
      <form class="dialog-body" onSubmit={submit}>
        <label class="field">
          <span>
            Seconds <span class="hint">(earlier: a minus in front)</span>
          </span>
          <input
            class="input"
            value={seconds}
            inputMode="text"
            aria-invalid={!valid}
            onInput={(event) => setSeconds(event.currentTarget.value)}
          />
        </label>
        <fieldset class="plain-set">
          <legend class="unseen">Which cues</legend>
          {SCOPES.map(([value, words]) => (
            <label key={value} class="check">
              <input type="radio" name="scope" checked={scope === value} onChange={() => setScope(value)} />
              {words}
            </label>
          ))}
        </fieldset>
        <div class="dialog-end">
          <Button label="Cancel" onPress={onClose} />
          <button type="submit" class="button main" disabled={!valid}>
            Shift
          </button>
        </div>
      </form>
    </Dialog>
  );
}
