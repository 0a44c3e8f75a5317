import { pino } from 'pino';
import type { Settings } from '../config/settings-schema.ts';
import { printableJsonText } from '../core/text/printable.ts';
import { hideSecrets } from '../core/text/secrets.ts';
import { type LinkListener, placeOf } from '../queue/redis/connection.ts';
import { plainLogLine } from './log-line.ts';
import type { Log } from './service.ts';

/** What JSON leaves as it is and a terminal would obey becomes an escape. The line feed ends the line. */
function streamWrite(line: string): string {
  return printableJsonText(hideSecrets(line));
}

function withoutStack(error: Error): object {
  const { stack: _, ...facts } = pino.stdSerializers.err(error);
  return facts;
}

/**
 * A service's log: JSON lines on stderr from the configured level on, with `video`, `run` and `group` where they are known. Passwords and
 * tokens are hidden in everything that is logged, including commands, errors and their stacks, which stand there at level `debug` only.
 * @param plain write lines for people, not JSON
 */
export function createLog({ logLevel }: Pick<Settings, 'logLevel'>, service: string, plain = false): Log {
  // Synchronous: the last lines of a process that dies are those that matter.
  const stderr = pino.destination({ fd: 2, sync: true });
  const serializers = logLevel === 'debug' ? {} : { err: withoutStack };
  return pino(
    {
      level: logLevel,
      base: { service, pid: process.pid },
      hooks: { streamWrite: plain ? plainLogLine : streamWrite },
      serializers,
    },
    stderr,
  );
}

/** Logs when the connection to Redis is lost, and when it is back. */
export function logLink(log: Log, redisUrl: string): LinkListener {
  const redis = placeOf(redisUrl);
  return (state, reason) => {
    if (state === 'lost') log.warn({ redis, reason }, 'Redis is away: waiting for it');
    else log.info({ redis }, 'Redis is back');
  };
}
