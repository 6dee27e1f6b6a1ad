/**
 * Which packets to look at: the text language of matches (match-text.ts), joined by the words that packet filters have
 * elsewhere. Runs before any traffic, but for `matches`.
 *
 *   filter = term { "or" term }
 *   term   = part { "and" part }
 *   part   = [ "not" ] match, with these clauses beside those of a match:
 *            "host" addresses | "net" addresses | "port" ports           either end
 *          | "src" end | "dst" end         end = [ "host" | "net" ] addresses | "port" ports
 *
 * `host 10.0.0.5 and tcp port 443`, `not arp`, `udp from 10.0.0.0/8 to any port 53 or icmp`.
 */
import type { Packet } from '../packet/packet.js';
import { compileMatch } from './compile-match.js';
import type { Match, Matcher, PortRange, Prefix } from './match.js';
import { portRange } from './match-operands.js';
import { MatchParser } from './match-text.js';
import { parsePrefixText } from './prefix.js';
import { parseText, TextError, type TextProblem, type TextProblems, type TokenStream } from './text.js';

/** All of these hold, each by one of its alternatives; or, negated, not all of them do. */
interface Part {
  readonly negated: boolean;
  readonly all: readonly (readonly Match[])[];
}

/** One of the terms holds: all parts of it. Without terms, every packet does. Plain data. */
export interface PacketFilter {
  readonly terms: readonly (readonly Part[])[];
}

const ADDRESSES = 'an address or a prefix such as 10.0.0.0/8';

function addresses(stream: TokenStream): Prefix[] {
  return stream.list(() => {
    const token = stream.word(ADDRESSES);
    const prefix = parsePrefixText(token.text);
    return prefix ?? stream.fail(token, `"${token.text}" is not an address`, ADDRESSES);
  });
}

const sourceOf = (prefixes: readonly Prefix[]): Match => ({ source: { prefixes, negated: false } });
const destinationOf = (prefixes: readonly Prefix[]): Match => ({ destination: { prefixes, negated: false } });

function part(stream: TokenStream): Part {
  const negated = stream.accept('not');
  const all: Match[][] = [];
  const eitherAddress = (): void => {
    const prefixes = addresses(stream);
    all.push([sourceOf(prefixes), destinationOf(prefixes)]);
  };
  const end = (ofAddresses: (prefixes: readonly Prefix[]) => Match, ofPorts: (ranges: readonly PortRange[]) => Match): void => {
    if (stream.accept('port')) {
      all.push([ofPorts(stream.list(() => portRange(stream)))]);
      return;
    }
    if (!stream.accept('host')) stream.accept('net');
    all.push([ofAddresses(addresses(stream))]);
  };
  const match = new MatchParser(stream, {
    stops: ['and', 'or'],
    clauses: {
      host: eitherAddress,
      net: eitherAddress,
      port: () => {
        const ranges = stream.list(() => portRange(stream));
        all.push([{ sourcePorts: ranges }, { destinationPorts: ranges }]);
      },
      src: () => { end(sourceOf, (sourcePorts) => ({ sourcePorts })); },
      dst: () => { end(destinationOf, (destinationPorts) => ({ destinationPorts })); },
    },
  }).parse();
  return { negated, all: [[match], ...all] };
}

/** An empty text is a filter that every packet passes. A mistake in one part does not hide those in the next. */
export function parseFilter(text: string): { filter: PacketFilter } | TextProblems {
  if (text.trim() === '') return { filter: { terms: [] } };
  const result = parseText(text, (stream) => {
    const terms: Part[][] = [[]];
    const problems: TextProblem[] = [];
    for (;;) {
      try {
        terms.at(-1)!.push(part(stream));
      } catch (error) {
        if (!(error instanceof TextError)) throw error;
        problems.push(...error.problems);
        while (!stream.atEnd && !stream.is('and') && !stream.is('or')) stream.next();
      }
      if (stream.accept('or')) terms.push([]);
      else if (!stream.accept('and')) break;
    }
    if (problems.length > 0) throw TextError.of(problems);
    return { terms };
  });
  return 'problem' in result ? result : { filter: result.value };
}

/** Fields that all packets of a connection share, the other way round in the other direction. */
const OF_CONNECTION: readonly (keyof Match)[] = ['version', 'protocol', 'source', 'destination', 'sourcePorts', 'destinationPorts'];

const isAboutConnections = (parts: readonly Part[]): boolean =>
  parts.every(({ all }) => all.flat().every((match) => Object.keys(match).every((key) => OF_CONNECTION.includes(key as keyof Match))));

/** The filter in two: the terms that ask for nothing but protocol and ends, and so mean connections; and the others. Null for none. */
export function partedFilter(filter: PacketFilter): { connections: PacketFilter | null; packets: PacketFilter | null } {
  if (filter.terms.length === 0) return { connections: filter, packets: null };
  const [connections, packets] = [filter.terms.filter(isAboutConnections), filter.terms.filter((parts) => !isAboutConnections(parts))]
    .map((terms) => (terms.length === 0 ? null : { terms }));
  return { connections, packets };
}

class CompiledFilter implements Matcher<Packet> {
  readonly #terms: readonly (readonly { negated: boolean; all: readonly (readonly Matcher<Packet>[])[] }[])[];

  constructor({ terms }: PacketFilter) {
    this.#terms = terms.map((parts) => parts.map(({ negated, all }) => ({ negated, all: all.map((matches) => matches.map((match) => compileMatch(match))) })));
  }

  matches(packet: Packet): boolean {
    if (this.#terms.length === 0) return true;
    return this.#terms.some((parts) => parts.every(({ negated, all }) => negated !== all.every((matchers) => matchers.some((matcher) => matcher.matches(packet)))));
  }
}

/** Makes a filter ready for packets. Asking it allocates: it is for packets that are watched. */
export function compileFilter(filter: PacketFilter): Matcher<Packet> {
  return new CompiledFilter(filter);
}
