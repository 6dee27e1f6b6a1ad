/** The header of a rule: action, protocol, addresses, ports and direction. */
import { parsePrefixText } from '../../../../flow/prefix.js';
import { protocolNumber, protocolsCalled } from '../../protocol-table.js';
import { union, without, type Range } from './ranges.js';
import type { AddressSet, Rule } from './rule.js';
import type { Word } from './rule-text.js';

/** Values of `$NAME` in headers. */
export type Variables = Readonly<Record<string, string>>;

export const DEFAULT_VARIABLES: Variables = {
  HOME_NET: '[10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7]',
  EXTERNAL_NET: '!$HOME_NET',
  HTTP_SERVERS: '$HOME_NET', SMTP_SERVERS: '$HOME_NET', SQL_SERVERS: '$HOME_NET', DNS_SERVERS: '$HOME_NET', TELNET_SERVERS: '$HOME_NET',
  HTTP_PORTS: '80', SHELLCODE_PORTS: '!80', ORACLE_PORTS: '1521', SSH_PORTS: '22', FTP_PORTS: '21',
};

export type Header = Pick<Rule, 'action' | 'protocol' | 'source' | 'sourcePorts' | 'destination' | 'destinationPorts' | 'bidirectional'>;

/** Reports what is wrong, at an offset of the file. */
export type Report = (message: string, at: number) => void;

const ACTIONS = ['alert', 'drop', 'reject', 'pass'] as const;
/** What carries the bytes. `-pkt` looks at packets only, `-stream` at the stream only. */
export const TRANSPORTS = ['ip', 'tcp', 'tcp-pkt', 'tcp-stream', 'udp', 'icmp', 'icmpv6', 'ipv4', 'ipv6', 'pkthdr'] as const;
/** Suricata's words for protocols that the DPI knows, and its own words for them. */
const APPLICATIONS: Readonly<Record<string, string>> = {
  http: 'HTTP', tls: 'TLS', ssl: 'TLS', dns: 'DNS', ssh: 'SSH', ftp: 'FTP_CONTROL', smtp: 'SMTP', imap: 'IMAP', smb: 'SMB', ntp: 'NTP', dhcp: 'DHCP',
  snmp: 'SNMP', sip: 'SIP', mqtt: 'MQTT', rdp: 'RDP', quic: 'QUIC', pgsql: 'PostgreSQL', 'bittorrent-dht': 'BitTorrent',
};

/** Numbers of the protocols that a header's word means; empty when it is a transport, or nothing that is known. */
export function applicationNumbers(word: string): readonly number[] {
  if (!Object.hasOwn(APPLICATIONS, word)) return [];
  // mDNS and LLMNR are no `dns` to Suricata.
  if (word === 'dns') return [protocolNumber('DNS')];
  if (word === 'smb') return [...protocolsCalled('NetBIOS.SMBv1'), ...protocolsCalled('NetBIOS.SMBv23')];
  return protocolsCalled(APPLICATIONS[word]);
}

/** Null when the header cannot be read; what is wrong was reported. */
export function readHeader(words: readonly Word[], ruleAt: number, variables: Variables, report: Report): Header | null {
  if (words.length !== 7) {
    report(`expected 'action protocol addresses ports -> addresses ports' before '(', found ${words.length} words`, words[0]?.at ?? ruleAt);
    return null;
  }
  const [actionWord, protocolWord, source, sourcePorts, arrow, destination, destinationPorts] = words;
  const action = ACTIONS.find((each) => each === actionWord.text);
  if (action === undefined) report(`the action '${actionWord.text}' is not supported, expected ${ACTIONS.join(', ')}`, actionWord.at);
  const isKnown = (TRANSPORTS as readonly string[]).includes(protocolWord.text) || applicationNumbers(protocolWord.text).length > 0;
  if (!isKnown) {
    const expected = [...TRANSPORTS, ...Object.keys(APPLICATIONS).filter((word) => applicationNumbers(word).length > 0)].join(', ');
    report(`the protocol '${protocolWord.text}' is not supported, expected ${expected}`, protocolWord.at);
  }
  if (arrow.text !== '->' && arrow.text !== '<>') report(`expected '->' or '<>', found '${arrow.text}'`, arrow.at);
  const sets = new SetReader(variables, report);
  return {
    action: action ?? 'alert',
    protocol: protocolWord.text,
    source: sets.addresses(source),
    sourcePorts: sets.ports(sourcePorts),
    destination: sets.addresses(destination),
    destinationPorts: sets.ports(destinationPorts),
    bidirectional: arrow.text === '<>',
  };
}

/** IPv4 addresses count from 0, IPv6 addresses from V6 on: one line of numbers. */
const V6 = 1n << 32n;
const ALL_ADDRESSES: readonly Range[] = [[0n, V6 - 1n], [V6, V6 + (1n << 128n) - 1n]];
const ALL_PORTS: readonly Range[] = [[0n, 65_535n]];
/** Variables in variables, lists in lists. */
const MAX_DEPTH = 16;

class SetReader {
  readonly #variables: Variables;
  readonly #report: Report;

  constructor(variables: Variables, report: Report) {
    this.#variables = variables;
    this.#report = report;
  }

  addresses(word: Word): AddressSet {
    const ranges = this.#read(word.text, word.at, ALL_ADDRESSES, addressRange, 0);
    const v4 = ranges.filter(([from]) => from < V6).map(([from, to]): Range => [from, to < V6 ? to : V6 - 1n]);
    const v6 = ranges.filter(([, to]) => to >= V6).map(([from, to]): Range => [from < V6 ? 0n : from - V6, to - V6]);
    const words = (value: bigint): number[] => [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & 0xffffffffn));
    const any = ranges.length === 1 && ranges[0][0] === 0n && ranges[0][1] === ALL_ADDRESSES[1][1];
    return {
      any,
      v4: Uint32Array.from(v4.flatMap(([from, to]) => [Number(from), Number(to)])),
      v6: Uint32Array.from(v6.flatMap(([from, to]) => [...words(from), ...words(to)])),
    };
  }

  /** Pairs of first and last; empty means every port. */
  ports(word: Word): Uint16Array {
    const ranges = this.#read(word.text, word.at, ALL_PORTS, portRange, 0);
    const isAll = ranges.length === 1 && ranges[0][0] === 0n && ranges[0][1] === 65_535n;
    return Uint16Array.from(isAll ? [] : ranges.flatMap(([from, to]) => [Number(from), Number(to)]));
  }

  #read(text: string, at: number, all: readonly Range[], single: (text: string) => Range | null, depth: number): Range[] {
    const fail = (message: string): Range[] => {
      this.#report(message, at);
      return union(all);
    };
    if (depth > MAX_DEPTH) return fail('lists and variables are nested too deep, or a variable means itself');
    if (text === 'any') return union(all);
    if (text.startsWith('!')) {
      if (text === '!any') return fail("'!any' matches nothing");
      return without(union(all), this.#read(text.slice(1).trim(), at + 1, all, single, depth + 1));
    }
    if (text.startsWith('$')) {
      const name = text.slice(1);
      const defined = [this.#variables, DEFAULT_VARIABLES].find((variables) => Object.hasOwn(variables, name));
      return defined === undefined ? fail(`the variable '${text}' is not defined`) : this.#read(defined[name].trim(), at, all, single, depth + 1);
    }
    if (text.startsWith('[')) {
      if (!text.endsWith(']')) return fail(`'[' without ']' in '${text}'`);
      const members = splitList(text.slice(1, -1));
      const read = (member: { text: string; at: number }): Range[] => this.#read(member.text, at + 1 + member.at, all, single, depth + 1);
      const wanted = members.filter((member) => !member.text.startsWith('!')).flatMap(read);
      const unwanted = members.filter((member) => member.text.startsWith('!')).flatMap((member) => read({ text: member.text.slice(1).trim(), at: member.at + 1 }));
      const hasWanted = members.some((member) => !member.text.startsWith('!'));
      const left = without(union(hasWanted ? wanted : all), union(unwanted));
      return left.length === 0 ? fail(`'${text}' matches nothing`) : left;
    }
    const range = single(text);
    return range === null ? fail(`expected ${all === ALL_PORTS ? 'a port, a range such as 1024:2048' : 'an address or prefix'}, a list in brackets, a variable or any, found '${text}'`) : [range];
  }
}

/** Members of a list, split at commas outside of brackets. */
function splitList(text: string): { text: string; at: number }[] {
  const members: { text: string; at: number }[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']') depth--;
    else if (at === text.length || (text[at] === ',' && depth === 0)) {
      const piece = text.slice(from, at);
      members.push({ text: piece.trim(), at: from + Math.max(0, piece.search(/\S/)) });
      from = at + 1;
    }
  }
  return members;
}

function addressRange(text: string): Range | null {
  const dash = text.split('-');
  if (dash.length === 2) {
    const [from, to] = dash.map((each) => addressRange(each.trim()));
    return from == null || to == null || from[0] !== from[1] || to[0] !== to[1] || from[0] > to[0] || from[0] < V6 !== to[0] < V6 ? null : [from[0], to[0]];
  }
  const prefix = parsePrefixText(text);
  if (prefix === null) return null;
  const bits = prefix.words.length * 32;
  const value = Array.from(prefix.words).reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
  const base = prefix.version === 4 ? value : V6 + value;
  return [base, base + (1n << BigInt(bits - prefix.length)) - 1n];
}

function portRange(text: string): Range | null {
  const parts = /^(\d{0,5}):(\d{0,5})$/.exec(text) ?? /^(\d{1,5})()$/.exec(text);
  if (parts === null || (parts[1] === '' && parts[2] === '')) return null;
  const from = parts[1] === '' ? 0 : Number(parts[1]);
  const to = !text.includes(':') ? from : parts[2] === '' ? 65_535 : Number(parts[2]);
  return from <= to && to <= 65_535 ? [BigInt(from), BigInt(to)] : null;
}
