interface ProgressBarProps {
  readonly label: string;
  /** 0 to 1; absent where it is not known. */
  readonly share?: number | undefined;
}

/** How far something is. */
export function ProgressBar({ label, share }: ProgressBarProps) {
  const known = share !== undefined;
  const percent = Math.round(Math.min(1, Math.max(0, share ?? 0)) * 100);
  return (
    <div
      class={known ? 'bar' : 'bar endless'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? percent : undefined}
    >
      <span style={known ? { width: `${percent}%` } : undefined} />
    </div>
  );
}
