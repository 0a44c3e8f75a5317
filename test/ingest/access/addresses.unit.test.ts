import { expect, test } from 'vitest';
import { isLinkLocalAddress, isPrivateAddress } from '../../../src/ingest/access/addresses.ts';

const PRIVATE = (
  '0.1.2.3 10.0.0.1 100.64.0.1 127.9.9.9 169.254.169.254 172.31.0.1 192.0.0.8 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.1.1 ' +
  '198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 ' +
  ':: ::1 ::7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:20::1 2001:db8::1 ' +
  '2002:a00:1:: fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1'
).split(' ');

test.each(PRIVATE)('%s is not the public internet', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

test('link-local addresses and metadata services, also inside IPv6', () => {
  const local = ['169.254.169.254', '::ffff:169.254.1.1', 'fe80::1', '100.100.100.200', 'fd00:ec2::254'];
  expect(local.filter(isLinkLocalAddress)).toEqual(local);
  expect(['127.0.0.1', '10.0.0.1', '100.64.0.1', 'fd00::1', '8.8.8.8'].filter(isLinkLocalAddress)).toEqual([]);
});
