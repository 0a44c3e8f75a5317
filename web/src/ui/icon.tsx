const PATHS = {
  add: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  camera: 'M3 8h4l2-3h6l2 3h4v11H3zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
  close: 'M6 6l12 12M18 6L6 18',
  download: 'M12 4v11m-5-4 5 5 5-5M5 20h14',
  edit: 'M4 20l1-5L16 4l4 4L9 19z',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  film: 'M3 5h18v14H3zM8 5v14M16 5v14M3 12h5M16 12h5',
  folder: 'M3 6h6l2 3h10v10H3z',
  forward: 'M9 5l7 7-7 7',
  leave: 'M14 4h6v16h-6M4 12h11m-4-5 5 5-5 5',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  merge: 'M6 4v5l6 6 6-6V4M12 15v6',
  moon: 'M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4l13 8-13 8z',
  redo: 'M20 9H9a5 5 0 0 0 0 10h4M16 5l4 4-4 4',
  report: 'M5 3h10l4 4v14H5zM9 10h6M9 14h6M9 18h4',
  retry: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
  save: 'M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 5 5',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 4v6M8 14v6',
  split: 'M12 3v6l-6 6v6M12 9l6 6v6',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1 1M18 18l1 1M19 5l-1 1M6 18l-1 1',
  system: 'M3 4h18v12H3zM8 20h8M12 16v4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  undo: 'M4 9h11a5 5 0 0 1 0 10h-4M8 5 4 9l4 4',
  upload: 'M12 16V4m-5 5 5-5 5 5M4 16v4h16v-4',
  warn: 'M12 4 2 20h20zM12 10v5M12 17.5v.01',
} as const;

/** The names of the icons. */
export type IconName = keyof typeof PATHS;

/** A drawing beside a text, or in a button that has a name of its own: a screen reader does not read it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="18"
      height="18"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
