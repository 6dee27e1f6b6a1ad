/** The prefixes that are inside, as a two-sided capture is told them. */
import { addressLibrary } from '../../packet/address-library.js';

interface Prefix {
  version: number;
  words: Uint32Array;
  masks: Uint32Array;
}

/** What is wrong with a text that should be a prefix, or null. */
export function prefixProblem(text: string): string | null {
  return parse(text) === null ? 'an address or prefix like 10.0.0.0/8 or fd00::/8' : null;
}

function parse(text: string): Prefix | null {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const { IPv4, IPv6, parse: parseAddress } = addressLibrary();
  if (!IPv4.isValidFourPartDecimal(host) && !IPv6.isValid(host)) return null;
  const bytes = parseAddress(host).toByteArray();
  const bits = slash < 0 ? String(bytes.length * 8) : text.slice(slash + 1);
  const length = Number(bits);
  if (!/^\d{1,3}$/.test(bits) || length > bytes.length * 8) return null;
  const words = new Uint32Array(4);
  const masks = new Uint32Array(4);
  bytes.forEach((byte, at) => {
    words[at >> 2] = words[at >> 2] * 256 + byte;
    const kept = Math.min(Math.max(length - at * 8, 0), 8);
    masks[at >> 2] = masks[at >> 2] * 256 + (256 - 2 ** (8 - kept));
  });
  return { version: bytes.length === 4 ? 4 : 6, words: words.map((word, at) => word & masks[at]), masks };
}

export class Prefixes {
  readonly #prefixes: Prefix[];

  /** @throws RangeError for a text that is no prefix: see `prefixProblem`. */
  constructor(texts: readonly string[]) {
    this.#prefixes = texts.map((text) => {
      const prefix = parse(text);
      if (prefix === null) throw new RangeError(`found '${text}', expected ${prefixProblem(text) ?? ''}`);
      return prefix;
    });
  }

  contains(version: number, address: Uint32Array): boolean {
    for (const { version: wanted, words, masks } of this.#prefixes) {
      if (wanted !== version) continue;
      let word = 0;
      while (word < 4 && (address[word] & masks[word]) >>> 0 === words[word]) word++;
      if (word === 4) return true;
    }
    return false;
  }
}
