import { effect, signal } from '@preact/signals';

/** How the page looks: as the system, or as chosen here. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'secondglance.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(dark.matches);

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** What was chosen. */
export const theme = signal<Theme>(stored());

/** Chooses, and remembers it in this browser. */
export function setTheme(value: Theme): void {
  theme.value = value;
  if (value === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, value);
}

/** Keeps the page's colours as chosen. */
export function followTheme(): void {
  dark.addEventListener('change', (event) => {
    systemIsDark.value = event.matches;
  });
  effect(() => {
    const chosen = theme.value === 'system' ? (systemIsDark.value ? 'dark' : 'light') : theme.value;
    document.documentElement.dataset.theme = chosen;
  });
}
