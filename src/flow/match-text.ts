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
import type { Match } from './match.js';
import { refuseContradictions } from './match-contradictions.js';
import { DSCP_NAMES, ICMP_TYPES, ICMPV6_TYPES } from './match-names.js';
import { Operands, type NamedSets } from './match-operands.js';
import { parseText, TextError, type TextProblem, type TextProblems, type Token, type TokenStream } from './text.js';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const ARP_ETHER_TYPE = 0x0806;

const MAX_VLAN = 4094; // 12 bits; 4095 is reserved (IEEE 802.1Q)
const MAX_BYTE = 255;
const MAX_DSCP = 63; // 6 bits

const NETWORKS = ['any', 'ip', 'ip4', 'ip6', 'arp'];
const TRANSPORTS = ['tcp', 'udp', 'icmp', 'icmp6', 'proto'];
const CLAUSES = ['from', 'to', 'type', 'flags', 'vlan', 'fragment', 'dscp'];
const EXPECTED = 'a protocol (any, ip, ip4, ip6, arp, tcp, udp, icmp, icmp6, proto) or from, to, type, flags, vlan, fragment, dscp';

/** Fields as they are found; a `Match` is read-only. */
type Draft = { -readonly [Field in keyof Match]: Match[Field] };

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
  readonly #operands: Operands;
  readonly #problems: TextProblem[] = [];
  readonly #draft: Draft = {};
  readonly #seen = new Map<string, Token>();
  #network = 'any';
  #transport = '';

  constructor(stream: TokenStream, { stops = [], clauses = {}, sets }: MatchLanguage = {}) {
    this.#stream = stream;
    this.#stops = new Set(stops);
    this.#clauses = clauses;
    this.#operands = new Operands(stream, sets ?? null);
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
    refuseContradictions(stream, { match: this.#draft, network: this.#network, transport: this.#transport, seen: this.#seen });
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
    if (word === 'proto') this.#draft.protocol = this.#stream.list(() => this.#operands.protocol());
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
    else if (word === 'flags') draft.tcpFlags = this.#operands.flags();
    else if (word === 'vlan') draft.vlan = this.#stream.list(() => this.#operands.number('a VLAN id', 0, MAX_VLAN));
    else if (word === 'fragment') draft.fragment = this.#operands.fragment();
    else draft.dscp = this.#stream.list(() => this.#operands.named(DSCP_NAMES, 'a code point, 0 to 63 or a name such as ef', MAX_DSCP));
  }

  #endpoint(word: 'from' | 'to'): void {
    const stream = this.#stream;
    if (!stream.is('port') && !stream.accept('any')) {
      const set = this.#operands.addresses();
      if (word === 'from') this.#draft.source = set;
      else this.#draft.destination = set;
    }
    if (!stream.is('port')) return;
    this.#seen.set('port', stream.next());
    const ports = stream.list(() => this.#operands.ports()).flat();
    if (word === 'from') this.#draft.sourcePorts = ports;
    else this.#draft.destinationPorts = ports;
  }

  #types(): void {
    if (this.#transport !== 'icmp' && this.#transport !== 'icmp6') {
      this.#stream.fail(this.#seen.get('type')!, '"type" needs "icmp" or "icmp6" in front', '"icmp type" or "icmp6 type"');
    }
    const names = this.#transport === 'icmp6' ? ICMPV6_TYPES : ICMP_TYPES;
    const expected = `a type, 0 to 255 or one of ${[...names.keys()].join(', ')}`;
    this.#draft.icmpType = this.#stream.list(() => this.#operands.named(names, expected, MAX_BYTE));
    if (this.#stream.accept('code')) this.#draft.icmpCode = this.#stream.list(() => this.#operands.number('a code', 0, MAX_BYTE));
  }

}

/** Parses a whole text as one match. */
export function parseMatch(text: string): { match: Match } | TextProblems {
  const result = parseText(text, (stream) => new MatchParser(stream).parse());
  return 'problem' in result ? result : { match: result.value };
}
