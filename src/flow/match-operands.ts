/** What stands behind the words of a match (match-text.ts): addresses, ports, protocols, flags, numbers and their names. */
import type { AddressSet, FlagMatch, FragmentMatch, PortRange, Prefix } from './match.js';
import { TCP_FLAGS } from './match-names.js';
import { decimal, parsePrefixText } from './prefix.js';
import { protocolNumber } from './protocol-names.js';
import type { Token, TokenStream } from './text.js';

const MAX_PORT = 65535;
const MAX_PROTOCOL = 255;

const ADDRESSES = 'an address, a prefix such as 10.0.0.0/8, a list in braces, "not" or "any"';
const PORTS = 'a port or a range such as 1024-65535';

/** Addresses and ports by name. */
export interface NamedSets {
  readonly addresses: ReadonlyMap<string, readonly Prefix[]>;
  readonly ports: ReadonlyMap<string, readonly PortRange[]>;
}

/** Each takes one operand off the stream. @throws TextError */
export class Operands {
  readonly #stream: TokenStream;
  readonly #sets: NamedSets | null;

  /** @param sets null: there are no sets to be named. */
  constructor(stream: TokenStream, sets: NamedSets | null) {
    this.#stream = stream;
    this.#sets = sets;
  }

  addresses(): AddressSet {
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

  /** A port, a range, or `@name`. */
  ports(): readonly PortRange[] {
    const token = this.#stream.word(PORTS);
    if (this.#sets !== null && token.text.startsWith('@')) return this.#setOf(token, this.#sets.ports, 'ports');
    return [readRange(this.#stream, token)];
  }

  protocol(): number {
    const expected = 'a protocol number, 0 to 255, or a name such as gre';
    const token = this.#stream.word(expected);
    const number = protocolNumber(token.text.toLowerCase()) ?? decimal(token.text, 0, MAX_PROTOCOL);
    if (number === null) this.#stream.fail(token, `"${token.text}" is not an IP protocol`, expected);
    return number;
  }

  flags(): FlagMatch {
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

  fragment(): FragmentMatch {
    for (const kind of ['first', 'later', 'none'] as const) if (this.#stream.accept(kind)) return kind;
    return 'any';
  }

  number(what: string, min: number, max: number): number {
    const expected = `${what}, ${min} to ${max}`;
    const token = this.#stream.word(expected);
    const number = decimal(token.text, min, max);
    if (number === null) this.#stream.fail(token, `"${token.text}" is not ${what}`, expected);
    return number;
  }

  named(names: ReadonlyMap<string, number>, expected: string, max: number): number {
    const token = this.#stream.word(expected);
    const number = names.get(token.text.toLowerCase()) ?? decimal(token.text, 0, max);
    if (number === null) this.#stream.fail(token, `"${token.text}" is not known here`, expected);
    return number;
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
