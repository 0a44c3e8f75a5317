import { Button } from './button.tsx';
import { dismiss, notices } from './notices.ts';

/** The messages in the corner. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notices.value.map(({ id, tone, text }) => (
        <div key={id} class={`notice ${tone}`}>
          <div dir="auto">{text}</div>
          <Button icon="close" label="Dismiss" iconOnly look="plain" onPress={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
