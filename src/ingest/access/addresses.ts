import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type AllowRule, matchAllowRule } from '../../config/allow-rules.ts';
import { hideAddress } from '../../core/text/secrets.ts';
import { IngestError } from '../errors.ts';
import { GuardError } from './errors.ts';

/** Cloud metadata services outside the link-local ranges. They hand out credentials. */
const METADATA_SERVICES: readonly string[] = ['100.100.100.200', 'fd00:ec2::254'];
/** The one range outside the public internet that ipaddr.js counts as unicast: deprecated IPv4-compatible addresses. */
const IPV4_COMPATIBLE = ipaddr.parseCIDR('::/96');

/** True for everything that is not the public internet. An IPv4 address inside an IPv6 one counts as itself. */
export function isPrivateAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  return parsed.range() !== 'unicast' || (parsed.kind() === 'ipv6' && parsed.match(IPV4_COMPATIBLE));
}

/** True for link-local addresses and metadata services: allowing a host by name is not enough for these. */
export function isLinkLocalAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  return parsed.range() === 'linkLocal' || METADATA_SERVICES.includes(parsed.toString());
}

/** A checked address of a host: to be connected to as it is, without another DNS query. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

function refusal(url: URL, why: string): GuardError {
  return new GuardError('address-not-allowed', `${hideAddress(url.href)} may not be read by this service: ${why}`);
}

function checkRule(list: readonly string[], url: URL, why?: string): AllowRule {
  const grant = matchAllowRule(list, url);
  if (grant !== undefined) return grant;
  const reason = 'it is not among what SECONDGLANCE_ALLOW_URLS allows';
  const message = why ?? `${hideAddress(url.href)} may not be read by this service: ${reason}`;
  throw new GuardError('url-not-allowed', message);
}

/** Checks an address against the list, before anything connects. Throws a GuardError, whose message is `why` where that is given. */
export function checkUrl(list: readonly string[], url: URL, why?: string): void {
  checkRule(list, url, why);
}

/**
 * Finds an address of the URL's host that may be connected to. Hosts that the list names may be in a private network; hosts that match a pattern
 * must be on the public internet; link-local addresses must themselves be in the list. All answers of the DNS must pass, so that none
 * can be slipped in.
 * @throws GuardError; IngestError `unreachable` for an unknown host
 */
export async function checkAddress(list: readonly string[], url: URL): Promise<CheckedAddress> {
  const grant = checkRule(list, url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const answers = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new IngestError('unreachable', `The host ${host} is not known: check address and network.`, {
      cause,
      retryable: true,
    });
  });
  for (const { address } of answers) {
    const itself = isIP(host) !== 0 && grant === 'named';
    if (isLinkLocalAddress(address) && !itself) throw refusal(url, `its host has the link-local address ${address}`);
    if (isPrivateAddress(address) && grant !== 'named') {
      throw refusal(url, `its host has the private address ${address}, and SECONDGLANCE_ALLOW_URLS does not name it`);
    }
  }
  const [first] = answers;
  if (first === undefined) throw new IngestError('unreachable', `The host ${host} has no address.`);
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}
