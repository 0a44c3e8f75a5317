import { useState } from 'preact/hooks';
import { addressOf } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { clockTime } from '../ui/show-time.ts';

interface ExplanationProps {
  readonly id: string;
  /** Seconds. */
  readonly at: number;
  readonly text: string;
  readonly onClose: () => void;
}

const WORDS = {
  loading: 'The model looks again; this takes some seconds.',
  there: '',
  failed: 'No drawing of this moment can be made. Not every model shows where it looks.',
} as const;

/** Where the model looked at one moment. */
export function Explanation({ id, at, text, onClose }: ExplanationProps) {
  const [state, setState] = useState<keyof typeof WORDS>('loading');
  return (
    <Dialog title={`Where it looked at ${clockTime(at * 1e6)}`} onClose={onClose}>
      <p dir="auto">{text}</p>
      <p role="status" class="soft small">
        {WORDS[state]}
      </p>
      <img
        class="explanation"
        hidden={state !== 'there'}
        src={addressOf('GET /videos/{id}/explanation', { params: { id }, query: { at } })}
        alt={`The frame, with the parts that mattered for the words of: ${text}`}
        onLoad={() => setState('there')}
        onError={() => setState('failed')}
      />
      <div class="dialog-end">
        <Button label="Close" onPress={onClose} />
      </div>
    </Dialog>
  );
}
