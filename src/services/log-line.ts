import { printableLine } from '../core/text/printable.ts';
import { hideSecrets } from '../core/text/secrets.ts';

/** Fields that a line of a log has besides what it says. */
const FRAME = new Set(['level', 'time', 'pid', 'hostname', 'service', 'msg', 'err']);
/** From this level of pino on a line is a warning. */
const WARN = 40;

interface LogLine {
  readonly level: number;
  readonly service: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

/** A line of a service's log for people: `serve: warning: a job failed: no space left (job j1, kind mux)`. */
export function plainLogLine(json: string): string {
  const line = JSON.parse(json) as LogLine;
  const { level, service, msg, err } = line;
  const fields = Object.entries(line).filter(([name]) => !FRAME.has(name));
  const shown = fields.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const said = [service, ...(level >= WARN ? ['warning'] : []), msg, err?.message].filter((part) => part !== undefined);
  return `${printableLine(hideSecrets(`${said.join(': ')}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`))}\n`;
}
