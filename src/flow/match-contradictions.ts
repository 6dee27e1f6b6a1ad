/** Parts of a match (match-text.ts) that cannot be true together. */
import { IpProtocol } from '../packet/protocols.js';
import type { Match } from './match.js';
import type { Token, TokenStream } from './text.js';

/** What was read, with the words that it was read from. */
interface Read {
  readonly match: Match;
  /** The word for the network protocol, `any` without one. */
  readonly network: string;
  /** The word for the transport protocol, empty without one. */
  readonly transport: string;
  /** The first token of each part that is there. */
  readonly seen: ReadonlyMap<string, Token>;
}

/** They are mistakes, however they are ordered. @throws TextError at the first. */
export function refuseContradictions(stream: TokenStream, { match, network, transport, seen }: Read): void {
  const refuse = (kind: string, message: string, expected: string): never => stream.fail(seen.get(kind)!, message, expected);
  const { source, destination, fragment, version } = match;
  if (network === 'arp') {
    for (const kind of ['transport', 'from', 'to', 'fragment', 'dscp']) {
      if (seen.has(kind)) refuse(kind, 'ARP is not IP: it has no addresses, ports or protocol to match', '"arp", alone or with "vlan"');
    }
  }
  if ((transport === 'icmp' && network === 'ip6') || (transport === 'icmp6' && network === 'ip4')) {
    refuse('transport', `"${transport}" does not run over "${network}"`, transport === 'icmp' ? '"icmp6" or "ip4"' : '"icmp" or "ip6"');
  }
  if (seen.has('flags') && transport !== 'tcp') refuse('flags', '"flags" needs "tcp"', '"tcp"');
  if (seen.has('port')) {
    const hasPorts = transport === '' || (match.protocol ?? []).every((protocol) => protocol === IpProtocol.tcp || protocol === IpProtocol.udp);
    if (!hasPorts) refuse('port', 'only TCP and UDP have ports', '"tcp" or "udp"');
  }
  if (fragment === 'later') {
    for (const [kind, what] of [['port', 'ports'], ['flags', 'TCP flags'], ['type', 'ICMP type']] as const) {
      if (seen.has(kind)) refuse(kind, `a later fragment has no ${what}`, `"fragment first", or no "${kind}"`);
    }
  }
  for (const [kind, set] of [['from', source], ['to', destination]] as const) {
    if (set === undefined || set.negated || (version !== 4 && version !== 6)) continue;
    if (!set.prefixes.some((prefix) => prefix.version === version)) refuse(kind, `no IPv${version} address in the list`, `an IPv${version} address`);
  }
}
