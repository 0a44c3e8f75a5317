import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { matchAllowRule } from '../../config/allow-rules.ts';
import { hideSecrets } from '../../core/secrets.ts';
import { IngestError } from '../errors.ts';
import { GuardError } from './errors.ts';

/** IANA's special-purpose registries: whatever is not the public internet. IPv4 addresses inside IPv6 count as themselves. */
const PRIVATE = new BlockList();
for (const range of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
]) {
  const [net = '', bits] = range.split('/');
  PRIVATE.addSubnet(net, Number(bits), 'ipv4');
}
for (const range of [
  ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7'],
  ...['fe80::/10', 'fec0::/10', 'ff00::/8'],
]) {
  const [net = '', bits] = range.split('/');
  PRIVATE.addSubnet(net, Number(bits), 'ipv6');
}

/** Where clouds tell a machine its credentials, and what only neighbours reach: a name in the list is not enough for these. */
const METADATA = new BlockList();
METADATA.addSubnet('169.254.0.0', 16, 'ipv4');
METADATA.addAddress('100.100.100.200', 'ipv4');
METADATA.addSubnet('fe80::', 10, 'ipv6');
METADATA.addAddress('fd00:ec2::254', 'ipv6');

/** An address of a host that was checked: whoever connects to it connects to nothing else. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

function refusal(url: URL, why: string): GuardError {
  return new GuardError('address-not-allowed', `${hideSecrets(url.href)} may not be read by this service: ${why}`);
}

/**
 * Finds an address of the URL's host that may be connected to. Hosts that the list names may be in a private network; what
 * falls under a pattern has to be on the public internet; link-local addresses have to stand in the list themselves.
 * Every answer of the DNS has to fit, so that none can be slipped in.
 * @param wholeHost leaves the URL's path out of the question
 * @throws GuardError; IngestError `unreachable` for a name that nobody knows
 */
export async function checkAddress(list: readonly string[], url: URL, wholeHost = false): Promise<CheckedAddress> {
  const grant = matchAllowRule(list, url, wholeHost);
  if (grant === undefined) {
    throw new GuardError(
      'url-not-allowed',
      `${hideSecrets(url.href)} may not be read by this service: it is not among what SECONDGLANCE_ALLOW_URLS allows`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const answers = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new IngestError('unreachable', `The host ${host} is not known: check address and network.`, {
      cause,
      retryable: true,
    });
  });
  for (const { address, family } of answers) {
    const type = family === 6 ? 'ipv6' : 'ipv4';
    const itself = isIP(host) !== 0 && grant === 'named';
    if (METADATA.check(address, type) && !itself) throw refusal(url, `its host has the link-local address ${address}`);
    if (PRIVATE.check(address, type) && grant !== 'named') {
      throw refusal(url, `its host has the private address ${address}, and SECONDGLANCE_ALLOW_URLS does not name it`);
    }
  }
  const [first] = answers;
  if (first === undefined) throw new IngestError('unreachable', `The host ${host} has no address.`);
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}
