import { useEffect, useState } from 'preact/hooks';
import type { Micros } from '../../../src/core/types.ts';
import { exactTime, parseTime } from '../ui/show-time.ts';

interface TimeFieldProps {
  readonly label: string;
  readonly value: Micros;
  readonly onChange: (value: Micros) => void;
}

/** A time that can be typed; what is no time is marked, and changes nothing. */
export function TimeField({ label, value, onChange }: TimeFieldProps) {
  const [text, setText] = useState(exactTime(value));
  useEffect(() => setText(exactTime(value)), [value]);
  const typed = parseTime(text);
  const commit = (): void => {
    if (typed === undefined) setText(exactTime(value));
    else if (typed !== Math.round(value / 1000) * 1000) onChange(typed);
  };
  return (
    <input
      class="input time figures"
      aria-label={label}
      title={label}
      value={text}
      inputMode="decimal"
      spellcheck={false}
      aria-invalid={typed === undefined}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
      }}
    />
  );
}
