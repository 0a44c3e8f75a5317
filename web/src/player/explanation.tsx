import { useState } from 'preact/hooks';
import { addressOf, api, inWords } from '../state/server.ts';
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

/** Why there is no drawing: an image does not say. */
async function reasonOf(id: string, at: number): Promise<string> {
  try {
    await api('GET /videos/{id}/explanation', { params: { id }, query: { at } });
    return 'This browser does not show the drawing.';
  } catch (error) {
    return inWords(error);
  }
}

/** Where the model looked at one moment. */
export function Explanation({ id, at, text, onClose }: ExplanationProps) {
  const [state, setState] = useState<'loading' | 'there' | 'failed'>('loading');
  const [problem, setProblem] = useState<string>();
  return (
    <Dialog title={`Where it looked at ${clockTime(at * 1e6)}`} onClose={onClose}>
      <p dir="auto">{text}</p>
      <p role="status" class="soft small">
        {state === 'loading' ? 'The model looks again; this takes some seconds.' : problem}
      </p>
      <img
        class="explanation"
        hidden={state !== 'there'}
        src={addressOf('GET /videos/{id}/explanation', { params: { id }, query: { at } })}
        alt={`The frame, with the parts that mattered for the words of: ${text}`}
        onLoad={() => setState('there')}
        onError={() => {
          setState('failed');
          void reasonOf(id, at).then(setProblem);
        }}
      />
      <div class="dialog-end">
        <Button label="Close" onPress={onClose} />
      </div>
    </Dialog>
  );
}
