import { isIP } from 'node:net';
import { checkLiveAddress } from '../access/addresses.ts';
import { GuardError } from '../access/errors.ts';
import { type GuardLists, openGuard } from '../access/guard.ts';
import type { RelayRules } from '../access/relay.ts';
import type { LiveSource } from './live-source.ts';

/** Lets live sources read what lists allow: for addresses that do not come from the user of this machine. */
export interface LiveGuard {
  /** For playlists, and for what they name. */
  readonly rules: RelayRules;
  /**
   * Checks a source, and returns it with the address in place of its host's name, so that ffmpeg asks no DNS again. To be called before each
   * connection.
   * @throws GuardError; IngestError `unreachable` for an unknown host, `missing-file`
   */
  check(source: LiveSource): Promise<LiveSource>;
}

/** Words in the query of an address that ffmpeg takes as its own options: how it connects, and to whom. */
const OPTIONS = new Set(
  'udp tcp multicast http https listen filter_src sources block connect localaddr localport localrtpport localrtcpport rtcpport mode'.split(
    ' ',
  ),
);

function refused({ label }: LiveSource, why: string): GuardError {
  return new GuardError('url-not-allowed', `${label} may not be read by this service: ${why}`);
}

function withHost(address: string, url: URL, checked: string): string {
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return address;
  const host = isIP(checked) === 6 ? `[${checked}]` : checked;
  const credentials = /^[^:]+:\/\/[^/?#]*@/.exec(address)?.[0] ?? `${url.protocol}//`;
  const port = url.port === '' ? '' : `:${url.port}`;
  return `${credentials}${host}${port}${url.pathname}${url.search}`;
}

/**
 * A guard for live sources. RTSP servers can answer with the address of another one, which ffmpeg then connects to: allow only those that are trusted
 * not to.
 * @throws as {@link openGuard}
 */
export async function openLiveGuard(lists: GuardLists): Promise<LiveGuard> {
  const guard = await openGuard(lists);
  const checkNetwork = async (source: LiveSource): Promise<LiveSource> => {
    const url = new URL(source.address);
    for (const [name] of url.searchParams) {
      if (OPTIONS.has(name.toLowerCase())) throw refused(source, `its query has the option "${name}"`);
    }
    const { address } = await checkLiveAddress(lists.allowUrls, url);
    return { ...source, address: withHost(source.address, url, address) };
  };
  return {
    rules: guard.rules,
    async check(source) {
      const { kind, address } = source;
      if (kind === 'http') {
        await guard.url(address);
        return source;
      }
      if (kind === 'file' || kind === 'device') return { ...source, address: await guard.path(address) };
      return checkNetwork(source);
    },
  };
}
