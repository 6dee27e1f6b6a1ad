/** Checks what makes a live port a router's leg: addresses, routes, hardware address. Main thread, before any other. */
import { parseIpv4, parseIpv6, parsePrefix } from '../packet/address.js';
import { isHostMac, isLinkLocal, isMapped, MAPPED_BITS, mapped, type AddressWords, type LegAddress, type LegRoute } from '../port/router/leg.js';
import { sharesPrefix } from '../port/router/choices.js';
import type { LegPlan } from './live-ports.js';
import { at, describe, type Findings, type Site } from './place.js';

const ALL_BITS = 128;

/** What a port was told, its shape checked. */
interface ShapedLeg {
  kind: string;
  addresses?: readonly string[] | undefined;
  mac?: string | undefined;
  mtu?: number | undefined;
  routes?: readonly ShapedRoute[] | undefined;
  clampMss?: boolean | number | undefined;
  detectDuplicates?: boolean | undefined;
}

interface ShapedRoute {
  to: string;
  via?: string | undefined;
}

/** Null when the port has no addresses, or has mistakes: all of them are in the findings then. */
export function checkLeg(findings: Findings, keys: ShapedLeg, site: Site): LegPlan | null {
  const before = findings.problems.length;
  const { addresses: texts, mac, mtu, routes = [], clampMss = false, detectDuplicates = true } = keys;
  if (texts === undefined) {
    const needing = [['mac', mac], ['routes', keys.routes], ['clampMss', keys.clampMss], ['detectDuplicates', keys.detectDuplicates], ...(keys.kind === 'vxlan' ? [] : [['mtu', mtu]])] as const;
    for (const [key, value] of needing) {
      if (value === undefined) continue;
      const message = `'${String(key)}' is for a port with 'addresses': this one is a bump in the wire`;
      findings.add('missing-key', at(site, String(key)), { on: 'key', found: 'no addresses', expected: "'addresses' beside it, such as [10.0.0.1/24]", message });
    }
    return null;
  }
  const checked = texts.map((text, k) => checkAddress(findings, text, at(site, 'addresses', k)));
  const addresses = checked.filter((each) => each !== null);
  checked.forEach((address, k) => {
    if (address === null || checked.findIndex((each) => each?.words.join() === address.words.join()) === k) return;
    findings.add('duplicate-name', at(site, 'addresses', k), { found: describe(texts[k]), expected: 'each address once', message: `${describe(texts[k])} is there twice` });
  });
  const planned = routes.map((route, k) => checkRoute(findings, route, addresses, keys.kind, at(site, 'routes', k))).filter((each) => each !== null);
  const plan: LegPlan = {
    addresses,
    routes: planned,
    mac: mac === undefined ? null : checkMac(findings, mac, at(site, 'mac')),
    mtu: mtu ?? null,
    clampMss: clampMss === false ? null : clampMss === true ? 'auto' : clampMss,
    detectDuplicates,
  };
  return findings.problems.length === before ? plan : null;
}

function checkAddress(findings: Findings, text: string, site: Site): LegAddress | null {
  const [address = '', length] = text.split('/');
  const words = wordsOf(address);
  const prefix = parsePrefix(text);
  const expected = 'an address with the length of its network, such as 10.0.0.1/24 or fd00::1/64';
  if (words === null || prefix === null || length === undefined) {
    findings.add('bad-address', site, { found: describe(text), expected, message: `${describe(text)} is not an address with a prefix length` });
    return null;
  }
  const bits = prefix.length + (prefix.version === 4 ? MAPPED_BITS : 0);
  if (!isHost(words) || (isMapped(words) && bits < ALL_BITS - 1 && isEndOfNetwork(words[3], ALL_BITS - bits))) {
    findings.add('bad-address', site, { found: describe(text), expected: 'the address of a host in it', message: `${describe(text)} is no address that a host can have` });
    return null;
  }
  return { words, length: bits };
}

function checkRoute(findings: Findings, { to, via }: ShapedRoute, addresses: readonly LegAddress[], kind: string, site: Site): LegRoute | null {
  const next = via === undefined ? null : wordsOf(via);
  if (via !== undefined && next === null) {
    findings.add('bad-address', at(site, 'via'), { found: describe(via), expected: 'the IP address of the next hop', message: `${describe(via)} is not an address` });
  }
  const isDefault = to === 'default';
  if (isDefault && via === undefined) {
    const message = "'default' has no IP version without 'via'";
    findings.add('missing-key', at(site, 'via'), { found: 'nothing', expected: "a next hop, or 0.0.0.0/0 or ::/0 as 'to'", message });
    return null;
  }
  const prefix = isDefault ? null : parsePrefix(to);
  if (!isDefault && prefix === null) {
    const expected = "a prefix such as 10.0.0.0/8 or fd00::/8, or 'default'";
    findings.add('bad-prefix', at(site, 'to'), { found: describe(to), expected, message: `${describe(to)} is not a prefix` });
    return null;
  }
  if (via !== undefined && next === null) return null;
  const isIpv4 = prefix === null ? isMapped(next!) : prefix.version === 4;
  if (next !== null && isMapped(next) !== isIpv4) {
    findings.add('wrong-value', at(site, 'via'), { found: describe(via), expected: `an address of IPv${isIpv4 ? 4 : 6}`, message: "'to' and 'via' are of different IP versions" });
    return null;
  }
  if (next !== null && kind !== 'tun' && !addresses.some(({ words, length }) => isMapped(words) === isIpv4 && (isLinkLocal(next) || sharesPrefix(words, next, length)))) {
    const expected = "an address in the network of one of the port's addresses";
    findings.add('wrong-value', at(site, 'via'), { found: describe(via), expected, message: `the next hop ${describe(via)} is in no network of this port` });
    return null;
  }
  const words = prefix === null ? (isIpv4 ? mapped(0) : ([0, 0, 0, 0] as const)) : prefix.version === 4 ? mapped(prefix.words[0]) : wordsFrom(prefix.words);
  return { words, length: (prefix?.length ?? 0) + (isIpv4 ? MAPPED_BITS : 0), via: next };
}

function checkMac(findings: Findings, text: string, site: Site): number | null {
  const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : null;
  if (mac !== null && isHostMac(mac)) return mac;
  const message = mac === null ? `${describe(text)} is not a hardware address` : `${describe(text)} is not the address of one host`;
  findings.add('bad-address', site, { found: describe(text), expected: 'six bytes such as 02:00:5e:10:00:01', message });
  return null;
}

function wordsOf(text: string): AddressWords | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return mapped(ipv4);
  const ipv6 = parseIpv6(text);
  return ipv6 === null ? null : wordsFrom(ipv6);
}

function wordsFrom(words: Uint32Array): AddressWords {
  return [words[0], words[1], words[2], words[3]];
}

/** Neither unspecified, nor the loopback, a group, or reserved. */
function isHost(words: AddressWords): boolean {
  if (isMapped(words)) {
    const first = words[3] >>> 24;
    return first !== 0 && first !== 127 && first < 224;
  }
  return words[0] >>> 24 !== 0xff && (words[0] !== 0 || words[1] !== 0);
}

/** The first address of an IPv4 network is the network's own, the last is all hosts'. */
function isEndOfNetwork(address: number, hostBits: number): boolean {
  const mask = hostBits >= 32 ? 0xffffffff : 2 ** hostBits - 1;
  const host = (address & mask) >>> 0;
  return host === 0 || host === mask >>> 0;
}
