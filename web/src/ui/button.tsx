import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps {
  readonly icon?: IconName;
  /** What it does, in words; shown unless `iconOnly`. */
  readonly label: string;
  readonly iconOnly?: boolean;
  readonly look?: 'main' | 'plain' | 'danger' | undefined;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  /** A button that waits for what it does cannot be pressed twice. */
  readonly onPress: () => unknown;
  readonly title?: string;
  readonly children?: ComponentChildren;
}

/** A button with an icon, a text, or both. */
export function Button({ icon, label, iconOnly, look, disabled, pressed, onPress, title, children }: ButtonProps) {
  const [busy, setBusy] = useState(false);
  const press = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      await onPress();
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type="button"
      class={['button', look, iconOnly ? 'icon' : ''].filter(Boolean).join(' ')}
      disabled={disabled ?? false}
      aria-busy={busy}
      aria-pressed={pressed}
      aria-label={iconOnly ? label : undefined}
      title={title ?? (iconOnly ? label : undefined)}
      onClick={press}
    >
      {icon && <Icon name={icon} />}
      {!iconOnly && label}
      {children}
    </button>
  );
}

/** A plain button with an icon alone; its label is its name and its title. */
export function IconButton(
  props: Pick<ButtonProps, 'label' | 'disabled' | 'pressed' | 'onPress' | 'title'> & { readonly icon: IconName },
) {
  return <Button {...props} iconOnly look="plain" />;
}
