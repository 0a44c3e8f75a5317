import { useEffect, useRef } from 'preact/hooks';

/** What the keyboard can do in the editor. */
export interface Shortcuts {
  undo(): void;
  redo(): void;
  save(): void;
  next(): void;
  previous(): void;
}

/** What a key means; undefined where it means nothing here. */
function commandOf(event: KeyboardEvent): keyof Shortcuts | undefined {
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (control && key === 'z') return event.shiftKey ? 'redo' : 'undo';
  if (control && key === 'y') return 'redo';
  if (control && key === 's') return 'save';
  if (event.altKey && key === 'arrowdown') return 'next';
  if (event.altKey && key === 'arrowup') return 'previous';
  return undefined;
}

/** Listens to the keyboard while the editor is shown and no dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const command = commandOf(event);
      if (command === undefined || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      latest.current[command]();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
