/**
 * The text language of matches (docs/rules.md), shared by service paths and firewall rules. Runs before any traffic.
 *
 *   match     = { network | transport | clause }, each kind at most once
 *   network   = "any" | "ip" | "ip4" | "ip6" | "arp"
 *   transport = "tcp" | "udp" | "icmp" | "icmp6" | "proto" protocols
 *   clause    = "from" endpoint | "to" endpoint | "type" types [ "code" numbers ] | "flags" flags
 *             | "vlan" numbers | "fragment" [ "first" | "later" | "none" ] | "dscp" codepoints
 *   endpoint  = "any" [ "port" ports ] | [ "not" ] addresses [ "port" ports ] | "port" ports
 *
 * Where the caller gives sets, `@name` stands for the addresses or ports of a set, alone or in a list.
 *
 * A parser of a bigger language (a rule with `allow` in front) takes its own words off the stream, then lets a
 * `MatchParser` take the rest, or the part up to one of its own words:
 *
 *   const action = stream.word('"allow" or "deny"');
 *   const match = new MatchParser(stream, { stops: ['log'] }).parse();   // stops in front of "log" and at the end
 *
 * or gives it clauses of its own, read wherever they stand among the others. A mistake in one part does not hide those in
 * the next: the parser goes on at the next word of the language.
 */
import type { AddressSet, FlagMatch, FragmentMatch, Match, PortRange, Prefix } from './match.js';
import { DSCP_NAMES, ICMP_TYPES, ICMPV6_TYPES, TCP_FLAGS } from './match-names.js';
import { decimal, parsePrefixText } from './prefix.js';
import { protocolNumber } from './protocol-names.js';
import { parseText, TextError, type TextProblem, type TextProblems, type Token, type TokenStream } from './text.js';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const ARP_ETHER_TYPE = 0x0806;

const MAX_VLAN = 4094; // 12 bits; 4095 is reserved (IEEE 802.1Q)
const MAX_PORT = 65535;
const MAX_BYTE = 255;
const MAX_DSCP = 63; // 6 bits

const NETWORKS = ['any', 'ip', 'ip4', 'ip6', 'arp'];
const TRANSPORTS = ['tcp', 'udp', 'icmp', 'icmp6', 'proto'];
const CLAUSES = ['from', 'to', 'type', 'flags', 'vlan', 'fragment', 'dscp'];
const EXPECTED = 'a protocol (any, ip, ip4, ip6, arp, tcp, udp, icmp, icmp6, proto) or from, to, type, flags, vlan, fragment, dscp';
const ADDRESSES = 'an address, a prefix such as 10.0.0.0/8, a list in braces, "not" or "any"';
const PORTS = 'a port or a range such as 1024-65535';

/** Fields as they are found; a `Match` is read-only. */
type Draft = { -readonly [Field in keyof Match]: Match[Field] };

/** Addresses and ports by name. */
export interface NamedSets {
  readonly addresses: ReadonlyMap<string, readonly Prefix[]>;
  readonly ports: ReadonlyMap<string, readonly PortRange[]>;
}

export interface MatchLanguage {
  /** Words (lower case) that end the match without belonging to it. They must not be words of the language. */
  readonly stops?: readonly string[];
  /** Clauses of the bigger language, by their first word; each reads what follows it. At most once each. */
  readonly clauses?: Readonly<Record<string, () => void>>;
  readonly sets?: NamedSets;
}

/** Takes one match off a stream of tokens. */
export class MatchParser {
  readonly #stream: TokenStream;
  readonly #stops: ReadonlySet<string>;
  readonly #clauses: Readonly<Record<string, () => void>>;
  readonly #sets: NamedSets | null;
  readonly #problems: TextProblem[] = [];
  readonly #draft: Draft = {};
  readonly #seen = new Map<string, Token>();
  #network = 'any';
  #transport = '';

  constructor(stream: TokenStream, { stops = [], clauses = {}, sets }: MatchLanguage = {}) {
    this.#stream = stream;
    this.#stops = new Set(stops);
    this.#clauses = clauses;
    this.#sets = sets ?? null;
  }

  /**
   * Takes a match up to the end of the text or a stop word. Call it once for each parser.
   * @throws TextError with everything that is not part of a match.
   */
  parse(): Match {
    const stream = this.#stream;
    while (!stream.atEnd && !this.#stops.has(stream.peek().text.toLowerCase())) this.#try(() => this.#part(stream.word(this.#expected())));
    if (this.#problems.length > 0) throw TextError.of(this.#problems);
    if (this.#seen.size === 0) stream.fail(stream.peek(), 'a match is missing', this.#expected());
    const version = this.#version();
    if (version !== undefined) this.#draft.version = version;
    this.#check();
    return this.#draft;
  }

  /** Reads a part, or keeps what is wrong with it and goes to where another part begins. */
  #try(read: () => void): void {
    const stream = this.#stream;
    const first = stream.peek();
    try {
      read();
    } catch (error) {
      if (!(error instanceof TextError)) throw error;
      this.#problems.push(...error.problems);
      if (stream.peek() === first) stream.next();
      while (!stream.atEnd && !this.#begins(stream.peek().text.toLowerCase())) stream.next();
    }
  }

  #begins(word: string): boolean {
    return NETWORKS.includes(word) || TRANSPORTS.includes(word) || CLAUSES.includes(word) || Object.hasOwn(this.#clauses, word) || this.#stops.has(word);
  }

  #expected(): string {
    return [EXPECTED, ...Object.keys(this.#clauses)].join(', ');
  }

  #part(token: Token): void {
    const word = token.text.toLowerCase();
    if (NETWORKS.includes(word)) this.#networkWord(token, word);
    else if (TRANSPORTS.includes(word)) this.#transportWord(token, word);
    else if (CLAUSES.includes(word)) {
      this.#once(token, word, `"${word}"`);
      this.#clause(word);
    } else if (Object.hasOwn(this.#clauses, word)) {
      this.#once(token, word, `"${word}"`);
      this.#clauses[word]();
    } else this.#stream.fail(token, `"${token.text}" is not part of a match`, this.#expected());
  }

  #once(token: Token, kind: string, what: string): void {
    if (this.#seen.has(kind)) this.#stream.fail(token, `a second ${what}`, 'each part at most once');
    this.#seen.set(kind, token);
  }

  #networkWord(token: Token, word: string): void {
    this.#once(token, 'network', 'network protocol');
    this.#network = word;
    if (word === 'arp') this.#draft.etherType = ARP_ETHER_TYPE;
  }

  #transportWord(token: Token, word: string): void {
    this.#once(token, 'transport', 'transport protocol');
    this.#transport = word;
    if (word === 'proto') this.#draft.protocol = this.#stream.list(() => this.#protocol());
    else if (word === 'tcp') this.#draft.protocol = [TCP];
    else if (word === 'udp') this.#draft.protocol = [UDP];
    else if (word === 'icmp') this.#draft.protocol = [ICMP];
    else this.#draft.protocol = [ICMPV6];
  }

  /** ICMP is a protocol of IPv4 and ICMPv6 one of IPv6: a packet with the other pairing is not what the words mean. */
  #version(): 4 | 6 | 'any' | undefined {
    if (this.#network === 'ip4' || this.#transport === 'icmp') return 4;
    if (this.#network === 'ip6' || this.#transport === 'icmp6') return 6;
    return this.#network === 'ip' ? 'any' : undefined;
  }

  #clause(word: string): void {
    const draft = this.#draft;
    if (word === 'from' || word === 'to') this.#endpoint(word);
    else if (word === 'type') this.#types();
    else if (word === 'flags') draft.tcpFlags = this.#flags();
    else if (word === 'vlan') draft.vlan = this.#stream.list(() => this.#number('a VLAN id', 0, MAX_VLAN));
    else if (word === 'fragment') draft.fragment = this.#fragment();
    else draft.dscp = this.#stream.list(() => this.#named(DSCP_NAMES, 'a code point, 0 to 63 or a name such as ef', MAX_DSCP));
  }

  #endpoint(word: 'from' | 'to'): void {
    const stream = this.#stream;
    if (!stream.is('port') && !stream.accept('any')) {
      const set = this.#addresses();
      if (word === 'from') this.#draft.source = set;
      else this.#draft.destination = set;
    }
    if (!stream.is('port')) return;
    this.#seen.set('port', stream.next());
    const ports = stream.list(() => this.#ports()).flat();
    if (word === 'from') this.#draft.sourcePorts = ports;
    else this.#draft.destinationPorts = ports;
  }

  #addresses(): AddressSet {
    const negated = this.#stream.accept('not');
    return { prefixes: this.#stream.list(() => this.#prefixes()).flat(), negated };
  }

  #prefixes(): readonly Prefix[] {
    const token = this.#stream.word(ADDRESSES);
    if (this.#sets !== null && token.text.startsWith('@')) return this.#setOf(token, this.#sets.addresses, 'addresses');
    const prefix = parsePrefixText(token.text);
    if (prefix === null) this.#stream.fail(token, `"${token.text}" is not an address`, ADDRESSES);
    return [prefix];
  }

  /** `@name`. */
  #setOf<Item>(token: Token, sets: ReadonlyMap<string, readonly Item[]>, what: string): readonly Item[] {
    const found = sets.get(token.text.replace('@', ''));
    if (found !== undefined) return found;
    const known = [...sets.keys()].map((name) => `@${name}`).join(', ');
    return this.#stream.fail(token, `there is no set of ${what} named "${token.text}"`, known === '' ? `a set of ${what} in \`sets\`` : known);
  }

  #ports(): readonly PortRange[] {
    const token = this.#stream.word(PORTS);
    if (this.#sets !== null && token.text.startsWith('@')) return this.#setOf(token, this.#sets.ports, 'ports');
    return [readRange(this.#stream, token)];
  }

  #protocol(): number {
    const expected = 'a protocol number, 0 to 255, or a name such as gre';
    const token = this.#stream.word(expected);
    const number = protocolNumber(token.text.toLowerCase()) ?? decimal(token.text, 0, MAX_BYTE);
    if (number === null) this.#stream.fail(token, `"${token.text}" is not an IP protocol`, expected);
    return number;
  }

  #types(): void {
    if (this.#transport !== 'icmp' && this.#transport !== 'icmp6') {
      this.#stream.fail(this.#seen.get('type')!, '"type" needs "icmp" or "icmp6" in front', '"icmp type" or "icmp6 type"');
    }
    const names = this.#transport === 'icmp6' ? ICMPV6_TYPES : ICMP_TYPES;
    const expected = `a type, 0 to 255 or one of ${[...names.keys()].join(', ')}`;
    this.#draft.icmpType = this.#stream.list(() => this.#named(names, expected, MAX_BYTE));
    if (this.#stream.accept('code')) this.#draft.icmpCode = this.#stream.list(() => this.#number('a code', 0, MAX_BYTE));
  }

  #flags(): FlagMatch {
    const expected = `a TCP flag (${[...TCP_FLAGS.keys()].join(', ')}), with "not" before it if it must be clear`;
    let mask = 0;
    let value = 0;
    this.#stream.list(() => {
      const clear = this.#stream.accept('not');
      const token = this.#stream.word(expected);
      const bit = TCP_FLAGS.get(token.text.toLowerCase());
      if (bit === undefined) this.#stream.fail(token, `"${token.text}" is not a TCP flag`, expected);
      if ((mask & bit) !== 0) this.#stream.fail(token, `a second "${token.text}"`, 'each flag at most once');
      mask |= bit;
      if (!clear) value |= bit;
    });
    return { mask, value };
  }

  #fragment(): FragmentMatch {
    for (const kind of ['first', 'later', 'none'] as const) if (this.#stream.accept(kind)) return kind;
    return 'any';
  }

  #number(what: string, min: number, max: number): number {
    const expected = `${what}, ${min} to ${max}`;
    const token = this.#stream.word(expected);
    const number = decimal(token.text, min, max);
    if (number === null) this.#stream.fail(token, `"${token.text}" is not ${what}`, expected);
    return number;
  }

  #named(names: ReadonlyMap<string, number>, expected: string, max: number): number {
    const token = this.#stream.word(expected);
    const number = names.get(token.text.toLowerCase()) ?? decimal(token.text, 0, max);
    if (number === null) this.#stream.fail(token, `"${token.text}" is not known here`, expected);
    return number;
  }

  /** Parts that cannot be true together are mistakes, however they are ordered. */
  #check(): void {
    const refuse = (kind: string, message: string, expected: string): never => this.#stream.fail(this.#seen.get(kind)!, message, expected);
    const { source, destination, fragment } = this.#draft;
    const network = this.#network;
    const transport = this.#transport;
    if (network === 'arp') {
      for (const kind of ['transport', 'from', 'to', 'fragment', 'dscp']) {
        if (this.#seen.has(kind)) refuse(kind, 'ARP is not IP: it has no addresses, ports or protocol to match', '"arp", alone or with "vlan"');
      }
    }
    if ((transport === 'icmp' && network === 'ip6') || (transport === 'icmp6' && network === 'ip4')) {
      refuse('transport', `"${transport}" does not run over "${network}"`, transport === 'icmp' ? '"icmp6" or "ip4"' : '"icmp" or "ip6"');
    }
    if (this.#seen.has('flags') && transport !== 'tcp') refuse('flags', '"flags" needs "tcp"', '"tcp"');
    if (this.#seen.has('port')) {
      const hasPorts = transport === '' || (this.#draft.protocol ?? []).every((protocol) => protocol === TCP || protocol === UDP);
      if (!hasPorts) refuse('port', 'only TCP and UDP have ports', '"tcp" or "udp"');
    }
    if (fragment === 'later') {
      for (const [kind, what] of [['port', 'ports'], ['flags', 'TCP flags'], ['type', 'ICMP type']] as const) {
        if (this.#seen.has(kind)) refuse(kind, `a later fragment has no ${what}`, `"fragment first", or no "${kind}"`);
      }
    }
    const version = this.#draft.version;
    for (const [kind, set] of [['from', source], ['to', destination]] as const) {
      if (set === undefined || set.negated || (version !== 4 && version !== 6)) continue;
      if (!set.prefixes.some((prefix) => prefix.version === version)) refuse(kind, `no IPv${version} address in the list`, `an IPv${version} address`);
    }
  }
}

/** Takes a port, or a range of ports, off a stream. @throws TextError */
export function portRange(stream: TokenStream): PortRange {
  return readRange(stream, stream.word(PORTS));
}

function readRange(stream: TokenStream, token: Token): PortRange {
  const found = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(token.text);
  const from = Number(found?.[1]);
  const to = Number(found?.[2] ?? from);
  if (found === null || to > MAX_PORT || from > MAX_PORT) stream.fail(token, `"${token.text}" is not a port`, PORTS);
  if (from > to) stream.fail(token, `the range ${token.text} ends before it starts`, PORTS);
  return { from, to };
}

/** Parses a whole text as one match. */
export function parseMatch(text: string): { match: Match } | TextProblems {
  const result = parseText(text, (stream) => new MatchParser(stream).parse());
  return 'problem' in result ? result : { match: result.value };
}
