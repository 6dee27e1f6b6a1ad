import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parsePrefix } from '../../src/packet/address.js';

const word = fc.integer({ min: 0, max: 0xffffffff });

describe('addresses as text', () => {
  it.each([[0, '0.0.0.0'], [0xffffffff, '255.255.255.255'], [0xc0000207, '192.0.2.7']])('IPv4 %i is %s', (address, text) => {
    expect(formatIpv4(address)).toBe(text);
    expect(parseIpv4(text)).toBe(address);
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.-4', ' 1.2.3.4', '1.2.3.4/8', '0x7f.1', '127.1', '::1'])('%j is no IPv4 address', (text) => {
    expect(parseIpv4(text)).toBeNull();
  });

  // RFC 5952 sections 4 and 5.
  it.each([
    [[0x20010db8, 0, 0, 1], '2001:db8::1'],
    [[0, 0, 0, 0], '::'],
    [[0, 0, 0, 1], '::1'],
    [[0x20010db8, 0x00000001, 0x00010001, 0x00010001], '2001:db8:0:1:1:1:1:1'],
    [[0x20010000, 0, 0x00010000, 0x00000001], '2001::1:0:0:1'],
    [[0x20010db8, 0, 0x00010000, 0x00000001], '2001:db8::1:0:0:1'],
    [[0xfe800000, 0, 0xabcdef01, 0x23456789], 'fe80::abcd:ef01:2345:6789'],
    [[0, 0, 0xffff, 0xc0000207], '::ffff:192.0.2.7'],
  ])('IPv6 %j is %s', (words, text) => {
    expect(formatIpv6(words[0], words[1], words[2], words[3])).toBe(text);
    expect([...parseIpv6(text)!]).toEqual(words);
  });

  it.each(['', ':', ':::', '1::2::3', 'fe80::1%eth0', '12345::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '::1/64', '1.2.3.4', 'g::'])('%j is no IPv6 address', (text) => {
    expect(parseIpv6(text)).toBeNull();
  });

  it('comes back from its text', () => {
    fc.assert(fc.property(word, word, word, word, (a, b, c, d) => {
      expect(parseIpv4(formatIpv4(a))).toBe(a);
      expect([...parseIpv6(formatIpv6(a, b, c, d))!]).toEqual([a, b, c, d]);
    }));
  });

  it('takes what Node takes for an address, and no other text', () => {
    const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef:.%/ x')) }));
    fc.assert(fc.property(text, (any) => {
      expect(parseIpv4(any) !== null).toBe(isIPv4(any));
      expect(parseIpv6(any) !== null).toBe(isIPv6(any) && !any.includes('%'));
      if (any.length > 0) expect(() => parsePrefix(`${any}/12`)).not.toThrow();
    }));
  });

  it('writes hardware addresses in full', () => {
    expect(formatMac(0x02005e100001)).toBe('02:00:5e:10:00:01');
    expect(formatMac(0)).toBe('00:00:00:00:00:00');
  });
});

describe('prefixes', () => {
  it.each([
    ['10.0.0.0/8', 4, [0x0a000000], 8],
    ['10.1.2.3/8', 4, [0x0a000000], 8],
    ['192.0.2.7', 4, [0xc0000207], 32],
    ['0.0.0.0/0', 4, [0], 0],
    ['255.255.255.255/31', 4, [0xfffffffe], 31],
    ['fd00::/8', 6, [0xfd000000, 0, 0, 0], 8],
    ['2001:db8:ffff:ffff:ffff::/65', 6, [0x20010db8, 0xffffffff, 0x80000000, 0], 65],
    ['2001:db8:1:2::/32', 6, [0x20010db8, 0, 0, 0], 32],
    ['::1', 6, [0, 0, 0, 1], 128],
    ['::/0', 6, [0, 0, 0, 0], 0],
  ] as const)('%s', (text, version, words, length) => {
    const prefix = parsePrefix(text)!;
    expect([prefix.version, [...prefix.words], prefix.length]).toEqual([version, words, length]);
  });

  it.each(['', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8/8', '10.0.0.0/ 8', '10/8', '::/129', '::/1e1', 'any'])('%j is none', (text) => {
    expect(parsePrefix(text)).toBeNull();
  });
});
