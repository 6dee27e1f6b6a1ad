/**
 * Hot: no allocation. The protocol and host of a flow as words of an event ring: told for each new connection where nobody
 * is told more, so they are made no text of.
 *
 * word 0  flow id
 *      1  characters of the protocol's name
 *      2  characters of the host's
 *      3  the characters of both, 16 bits each, two a word, the first in the lower half
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
    this.#put(protocol, 0);
    this.#put(host, protocol.length);
    return count;
  }

  #grow(count: number): void {
    this.words = new Int32Array(2 * count);
  }

  /** The even ones of all characters come first, and clear their words. */
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
  const characters = new Uint16Array(words.buffer, words.byteOffset + HEAD_WORDS * Uint32Array.BYTES_PER_ELEMENT, protocolLength + hostLength);
  return { flowId, protocol: textOf(characters.subarray(0, protocolLength)), host: textOf(characters.subarray(protocolLength)) };
}

/** A call takes so many arguments and no more. */
const MOST_AT_ONCE = 4096;

function textOf(characters: Uint16Array): string {
  let text = '';
  for (let at = 0; at < characters.length; at += MOST_AT_ONCE) text += String.fromCharCode(...characters.subarray(at, at + MOST_AT_ONCE));
  return text;
}
