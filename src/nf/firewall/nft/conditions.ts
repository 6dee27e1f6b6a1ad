/** What a rule asks for, in the words of nftables. Runs on the main thread. */
import { formatIpv4, formatIpv6 } from '../../../packet/address.js';
import { EtherType, IpProtocol } from '../../../packet/protocols.js';
import type { AddressSet, Match, PortRange, Prefix } from '../../../flow/match.js';
import { TCP_FLAGS } from '../../../flow/match-names.js';
import { ConnectionState, type Rule } from '../rule.js';

/** Names of network interfaces. */
export interface Interfaces {
  /** By number of a port. */
  readonly ports: readonly string[];
  /** By which packets come in that go out, and those that come in. */
  readonly inside: readonly string[];
  readonly outside: readonly string[];
}

/** The conditions of each rule that says the same together, or what cannot be said. */
export function conditionsOf(rule: Rule, interfaces: Interfaces): string[][] | string {
  const { match } = rule;
  if (match.etherType === EtherType.arp) return 'this family does not see ARP';
  if (match.vlan !== undefined) return 'this family does not see VLAN tags';
  if (match.fragment !== undefined && match.fragment !== 'none') return 'fragments are put together before connections are looked up';
  const common = [...interfacesOf(rule, interfaces), ...statesOf(rule), ...protocolOf(match)];
  const rest = [...portsOf('sport', match), ...portsOf('dport', match), ...flagsOf(match), ...icmpOf(match)];
  if (match.source === undefined && match.destination === undefined && match.dscp === undefined) {
    const version = match.version === undefined ? [] : match.version === 'any' ? ['meta nfproto { ipv4, ipv6 }'] : [`meta nfproto ipv${match.version}`];
    return [[...version, ...common, ...rest]];
  }
  return ([4, 6] as const).flatMap((version) => {
    if (match.version !== undefined && match.version !== 'any' && match.version !== version) return [];
    const ends = [addressOf('saddr', match.source, version), addressOf('daddr', match.destination, version)];
    if (ends.includes(null)) return [];
    const word = version === 4 ? 'ip' : 'ip6';
    const dscp = match.dscp === undefined ? [] : [`${word} dscp ${listOf(match.dscp.map(String))}`];
    return [[`meta nfproto ipv${version}`, ...common, ...ends.filter((end) => end !== null && end !== ''), ...dscp, ...rest] as string[]];
  });
}

/** One thing, or a set of them. */
function listOf(items: readonly string[]): string {
  return items.length === 1 ? items[0] : `{ ${items.join(', ')} }`;
}

function interfacesOf({ direction, ports }: Rule, interfaces: Interfaces): string[] {
  const named = (names: readonly string[]): string => `iifname ${listOf(names.map((name) => `"${name}"`))}`;
  return [
    ...(direction === 'out' ? [named(interfaces.inside)] : direction === 'in' ? [named(interfaces.outside)] : []),
    ...(ports === null ? [] : [named(ports.map((port) => interfaces.ports[port]))]),
  ];
}

function statesOf({ states }: Rule): string[] {
  if (states === 0) return [];
  const names = Object.entries(ConnectionState).filter(([, bit]) => (states & bit) !== 0).map(([name]) => name);
  return [`ct state ${names.join(',')}`];
}

const NAMES: Readonly<Record<number, string>> = { [IpProtocol.tcp]: 'tcp', [IpProtocol.udp]: 'udp', [IpProtocol.icmp]: 'icmp', [IpProtocol.icmpv6]: 'ipv6-icmp' };

function protocolOf({ protocol, sourcePorts, destinationPorts }: Match): string[] {
  const havePorts = sourcePorts !== undefined || destinationPorts !== undefined;
  const meant = protocol ?? (havePorts ? [IpProtocol.tcp, IpProtocol.udp] : []);
  return meant.length === 0 ? [] : [`meta l4proto ${listOf(meant.map((number) => NAMES[number] ?? String(number)))}`];
}

/** Null: no address of this version is meant; an empty text: all are. */
function addressOf(word: 'saddr' | 'daddr', set: AddressSet | undefined, version: 4 | 6): string | null {
  if (set === undefined) return '';
  const prefixes = withoutCovered(set.prefixes.filter((prefix) => prefix.version === version));
  if (prefixes.length === 0) return set.negated ? '' : null;
  return `${version === 4 ? 'ip' : 'ip6'} ${word} ${set.negated ? '!= ' : ''}${listOf(prefixes.map(formatPrefix))}`;
}

/** Sets of nftables do not take overlapping prefixes. */
function withoutCovered(prefixes: readonly Prefix[]): Prefix[] {
  const bits = ({ words, length }: Prefix): string => words.map((word) => word.toString(2).padStart(32, '0')).join('').slice(0, length);
  const texts = prefixes.map(bits);
  return prefixes.filter((_, index) => !texts.some((text, other) => texts[index].startsWith(text) && (text !== texts[index] ? true : other < index)));
}

function formatPrefix({ version, words, length }: Prefix): string {
  return `${version === 4 ? formatIpv4(words[0]) : formatIpv6(words[0], words[1], words[2], words[3])}/${length}`;
}

function portsOf(word: 'sport' | 'dport', { sourcePorts, destinationPorts, protocol }: Match): string[] {
  const ranges = word === 'sport' ? sourcePorts : destinationPorts;
  if (ranges === undefined) return [];
  const header = protocol?.length === 1 ? NAMES[protocol[0]] : 'th';
  return [`${header} ${word} ${listOf(mergedRanges(ranges).map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)))}`];
}

function mergedRanges(ranges: readonly PortRange[]): PortRange[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || from > last.to + 1) result.push({ from, to });
    else last.to = Math.max(last.to, to);
  }
  return result;
}

function flagsOf({ tcpFlags }: Match): string[] {
  if (tcpFlags === undefined) return [];
  const named = (bits: number): string => [...TCP_FLAGS].filter(([, bit]) => (bits & bit) !== 0).map(([name]) => (name === 'ece' ? 'ecn' : name)).join(' | ');
  const value = tcpFlags.value & tcpFlags.mask;
  return [`tcp flags & (${named(tcpFlags.mask)}) == ${value === 0 ? '0x0' : value === tcpFlags.mask || !named(value).includes('|') ? named(value) : `(${named(value)})`}`];
}

function icmpOf({ icmpType, icmpCode, version }: Match): string[] {
  const word = version === 6 ? 'icmpv6' : 'icmp';
  return [
    ...(icmpType === undefined ? [] : [`${word} type ${listOf(icmpType.map(String))}`]),
    ...(icmpCode === undefined ? [] : [`${word} code ${listOf(icmpCode.map(String))}`]),
  ];
}
