import { describe, expect, it } from 'vitest';
import type { Match } from '../../src/flow/match.js';
import { MatchParser, parseMatch } from '../../src/flow/match-text.js';
import { parseEach, parseText, tokenize } from '../../src/flow/text.js';

const ten = { version: 4, words: [0x0a000000], length: 8 } as const;
const home = { version: 4, words: [0xc0a80000], length: 16 } as const;
const host = { version: 4, words: [0xc0000201], length: 32 } as const;
const local = { version: 6, words: [0xfd000000, 0, 0, 0], length: 8 } as const;

const TEXTS: [string, Match][] = [
  ['any', {}],
  ['ip', { version: 'any' }],
  ['ip4', { version: 4 }],
  ['ip6', { version: 6 }],
  ['arp', { etherType: 0x0806 }],
  ['TCP', { protocol: [6] }],
  ['any udp', { protocol: [17] }],
  ['ip6 tcp', { version: 6, protocol: [6] }],
  ['icmp', { version: 4, protocol: [1] }],
  ['icmp ip', { version: 4, protocol: [1] }],
  ['icmp6', { version: 6, protocol: [58] }],
  ['proto 47', { protocol: [47] }],
  ['proto tcp,udp to port 53', { protocol: [6, 17], destinationPorts: [{ from: 53, to: 53 }] }],
  [
    'tcp from 10.0.0.0/8 to any port 80,443',
    { protocol: [6], source: { prefixes: [ten], negated: false }, destinationPorts: [{ from: 80, to: 80 }, { from: 443, to: 443 }] },
  ],
  ['udp to 192.0.2.1 port 53', { protocol: [17], destination: { prefixes: [host], negated: false }, destinationPorts: [{ from: 53, to: 53 }] }],
  ['icmp type echo-request', { version: 4, protocol: [1], icmpType: [8] }],
  ['icmp6 type { echo-request, 129 } code 0', { version: 6, protocol: [58], icmpType: [128, 129], icmpCode: [0] }],
  [
    'tcp from { 10.0.0.0/8, fd00::/8 } port 1024-65535 to not 192.168.0.0/16',
    {
      protocol: [6],
      source: { prefixes: [ten, local], negated: false },
      sourcePorts: [{ from: 1024, to: 65535 }],
      destination: { prefixes: [home], negated: true },
    },
  ],
  ['vlan 12', { vlan: [12] }],
  ['vlan 12 arp', { vlan: [12], etherType: 0x0806 }],
  ['vlan 12 tcp flags syn, not ack', { vlan: [12], protocol: [6], tcpFlags: { mask: 0x12, value: 0x02 } }],
  ['ip fragment', { version: 'any', fragment: 'any' }],
  ['udp fragment later', { protocol: [17], fragment: 'later' }],
  ['ip dscp ef', { version: 'any', dscp: [46] }],
  ['ip dscp af41 from 10.1.2.3/8', { version: 'any', dscp: [34], source: { prefixes: [ten], negated: false } }],
  ['from any to any', {}],
  ['ip4  # version four\n  from 10.0.0.0/8', { version: 4, source: { prefixes: [ten], negated: false } }],
];

const PROBLEMS: [text: string, line: number, column: number, found: string, expected: RegExp][] = [
  ['', 1, 1, 'the end of the text', /a protocol/],
  ['  # nothing', 1, 12, 'the end of the text', /a protocol/],
  ['tpc from any', 1, 1, 'tpc', /tcp/],
  ['tcp from 10.0.0.0/33', 1, 10, '10.0.0.0/33', /a prefix/],
  ['tcp from 10.0.0/8', 1, 10, '10.0.0/8', /an address/],
  ['tcp from 10.0.0.0/8/8', 1, 10, '10.0.0.0/8/8', /an address/],
  ['tcp from fd00::/129', 1, 10, 'fd00::/129', /an address/],
  ['tcp from not any', 1, 14, 'any', /an address/],
  ['tcp\n  from 10.0.0.0/8\n  to any port http', 3, 15, 'http', /a port/],
  ['tcp to any port 70000', 1, 17, '70000', /a port/],
  ['tcp to any port 90-80', 1, 17, '90-80', /a port/],
  ['tcp to any port', 1, 16, 'the end of the text', /a port/],
  ['tcp to any port 80,', 1, 20, 'the end of the text', /a port/],
  ['tcp to { 10.0.0.0/8 port 80', 1, 21, 'port', /"}"/],
  ['tcp to { }', 1, 10, '}', /an address/],
  ['tcp udp', 1, 5, 'udp', /at most once/],
  ['tcp from any from any', 1, 14, 'from', /at most once/],
  ['icmp to any port 80', 1, 13, 'port', /"tcp" or "udp"/],
  ['proto gre from port 80', 1, 16, 'port', /"tcp" or "udp"/],
  ['tcp type echo-request', 1, 5, 'type', /icmp type/],
  ['icmp type echo', 1, 11, 'echo', /echo-request/],
  ['icmp6 type 256', 1, 12, '256', /a type/],
  ['icmp type 8 code x', 1, 18, 'x', /a code/],
  ['udp flags syn', 1, 5, 'flags', /"tcp"/],
  ['tcp flags syn,sin', 1, 15, 'sin', /syn/],
  ['tcp flags syn,not syn', 1, 19, 'syn', /at most once/],
  ['arp from 10.0.0.0/8', 1, 5, 'from', /"arp"/],
  ['ip6 icmp', 1, 5, 'icmp', /icmp6/],
  ['icmp6 ip4', 1, 1, 'icmp6', /icmp/],
  ['ip4 from fd00::/8', 1, 5, 'from', /IPv4/],
  ['icmp6 to 10.0.0.1', 1, 7, 'to', /IPv6/],
  ['vlan 4095', 1, 6, '4095', /0 to 4094/],
  ['proto 256', 1, 7, '256', /0 to 255/],
  ['ip dscp 64', 1, 9, '64', /0 to 63/],
  ['tcp to port 80 fragment later', 1, 8, 'port', /fragment first/],
  ['tcp flags syn fragment later', 1, 5, 'flags', /fragment first/],
  ['fragment later icmp type echo-request', 1, 21, 'type', /fragment first/],
  ['tcp to any port 80 please', 1, 20, 'please', /from, to/],
];

describe('the match language', () => {
  it.each(TEXTS)('reads %j', (text, match) => {
    expect(parseMatch(text)).toEqual({ match });
  });

  it.each(PROBLEMS)('refuses %j at line %i, column %i', (text, line, column, found, expected) => {
    const result = parseMatch(text);
    if (!('problem' in result)) throw new Error(`accepted as ${JSON.stringify(result.match)}`);
    expect(result.problem).toMatchObject({ line, column, found });
    expect(result.problem.expected).toMatch(expected);
    expect(result.problem.message).not.toBe('');
  });

  it('gives a match that survives JSON and structured clone', () => {
    for (const [text, match] of TEXTS) {
      const result = parseMatch(text);
      expect(JSON.parse(JSON.stringify(result))).toEqual({ match });
      expect(structuredClone(result)).toEqual({ match });
    }
  });

  it('collects every problem of a list, each with its index', () => {
    const { values, problems } = parseEach(['tcp', 'tpc', 'udp', 'vlan x'], (stream) => new MatchParser(stream).parse());
    expect(values).toEqual([{ protocol: [6] }, { protocol: [17] }]);
    expect(problems.map(({ index, line, column, found }) => [index, line, column, found])).toEqual([
      [1, 1, 1, 'tpc'],
      [3, 1, 6, 'x'],
    ]);
  });

  it('is the tail of a bigger language, and stops in front of its words', () => {
    const rule = parseText('deny in tcp to any port 23 log', (stream) => {
      const action = stream.word('"allow" or "deny"').text;
      const direction = stream.accept('in') ? 'in' : 'any';
      const match = new MatchParser(stream, { stops: ['log'] }).parse();
      const log = stream.accept('log');
      stream.end('the end of the rule');
      return { action, direction, match, log };
    });
    expect(rule).toEqual({
      value: { action: 'deny', direction: 'in', match: { protocol: [6], destinationPorts: [{ from: 23, to: 23 }] }, log: true },
    });
  });

  it('says where each token stands', () => {
    expect(tokenize('a {b,c} # d\n e').map(({ text, line, column }) => [text, line, column])).toEqual([
      ['a', 1, 1],
      ['{', 1, 3],
      ['b', 1, 4],
      [',', 1, 5],
      ['c', 1, 6],
      ['}', 1, 7],
      ['e', 2, 2],
      ['', 2, 3],
    ]);
  });
});
