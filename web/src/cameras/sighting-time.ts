/** The day of a time of the API, as clocks at the cameras show it: `2026-11-24`. */
export function dayOf(time: string): string {
  return time.slice(0, 10);
}

/** The time of day, as clocks at the cameras show it: `22:05:09`. */
export function clockOf(time: string): string {
  return time.slice(11, 19);
}

/** The day some days before or after a day. */
export function dayAfter(day: string, days: number): string {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
