/**
 * Hot: no allocation. The protocol and host of a flow as words of an event ring: told for each new connection where nobody
 * is told more, so they are made no text of.
 *
 * word 0  flow id
 *      1  characters of the protocol's name
 *      2  characters of the host's
 *      3  the characters of both, 16 bits each, two a word
 */

export interface FlowNamed {
  flowId: number;
  protocol: string;
  host: string;
}

const HEAD_WORDS = 3;
/** Enough for every host that DNS knows. */
const FIRST_WORDS = 256;

export class FlowNames {
  /** What was written last. */
  words = new Int32Array(FIRST_WORDS);

  /** @returns how many words it takes. */
  write(flowId: number, protocol: string, host: string): number {
    const count = HEAD_WORDS + ((protocol.length + host.length + 1) >>> 1);
    if (count > this.words.length) this.#grow(count);
    const { words } = this;
    words[0] = flowId;
    words[1] = protocol.length;
    words[2] = host.length;
    words[count - 1] = 0;
    this.#put(protocol, 0);
    this.#put(host, protocol.length);
    return count;
  }

  #grow(count: number): void {
    this.words = new Int32Array(2 * count);
  }

  /** The even ones of all characters come first: they are the lower halves. */
  #put(text: string, from: number): void {
    const { words } = this;
    for (let k = 0; k < text.length; k++) {
      const at = HEAD_WORDS + ((from + k) >>> 1);
      const character = text.charCodeAt(k);
      words[at] = ((from + k) & 1) === 0 ? character : words[at] | (character << 16);
    }
  }
}

export function readFlowName(words: Uint32Array): FlowNamed {
  const [flowId, protocolLength, hostLength] = words;
  const characters = Array.from({ length: protocolLength + hostLength }, (_, k) => (words[HEAD_WORDS + (k >>> 1)] >>> (16 * (k & 1))) & 0xffff);
  const text = (from: number, to: number): string => characters.slice(from, to).map((each) => String.fromCharCode(each)).join('');
  return { flowId, protocol: text(0, protocolLength), host: text(protocolLength, protocolLength + hostLength) };
}
