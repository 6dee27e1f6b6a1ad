/**
 * Hot: no allocation. Ports of datagrams whose first fragment was seen, for the fragments that come after it and carry
 * none. Fixed size; a new datagram takes the place of the oldest. One thread owns it.
 */

/** Datagrams remembered. A fragmented datagram is soon complete; a scan of the hashes (512 B) is paid by fragments only. */
const CAPACITY = 128;
/** An entry this old is another datagram with the same identification (IPv6 reassembly gives up after 60 s, RFC 8200 4.5). */
const LIFETIME_SECONDS = 60;
/** Words of an entry: head of the flow key, identification, source, destination, ports, ICMP query, seconds. */
const WORDS = 13;
const IDENTIFICATION = 1;
const ADDRESSES = 2;
const ADDRESS_WORDS = 8;
const PORTS = 10;
const QUERY = 11;
const SECONDS = 12;

export class FragmentTable {
  readonly #hashes = new Int32Array(CAPACITY);
  readonly #words = new Int32Array(CAPACITY * WORDS);
  #next = 0;
  /** What `recall` found: both ports in one int32, the source's in the upper half, and the ICMP query. */
  ports = 0;
  query = 0;

  /**
   * Remembers a first fragment. `words` holds the addresses as sent, source from `at` on, destination behind it.
   * @param head version, protocol and VLAN, as in the flow key.
   */
  remember(head: number, identification: number, words: Int32Array, at: number, ports: number, query: number, seconds: number): void {
    let place = this.#find(head, identification, words, at);
    if (place === -1) {
      place = this.#next;
      this.#next = (place + 1) % CAPACITY;
    }
    const entry = place * WORDS;
    this.#hashes[place] = hash(head, identification, words, at);
    this.#words[entry] = head;
    this.#words[entry + IDENTIFICATION] = identification;
    for (let k = 0; k < ADDRESS_WORDS; k++) this.#words[entry + ADDRESSES + k] = words[at + k];
    this.#words[entry + PORTS] = ports;
    this.#words[entry + QUERY] = query;
    this.#words[entry + SECONDS] = seconds;
  }

  /** Looks for the first fragment of a later one; true when it is known, and then `ports` and `query` are its own. */
  recall(head: number, identification: number, words: Int32Array, at: number, seconds: number): boolean {
    const place = this.#find(head, identification, words, at);
    if (place === -1 || Math.abs(seconds - (this.#words[place * WORDS + SECONDS] >>> 0)) > LIFETIME_SECONDS) return false;
    this.ports = this.#words[place * WORDS + PORTS];
    this.query = this.#words[place * WORDS + QUERY];
    return true;
  }

  #find(head: number, identification: number, words: Int32Array, at: number): number {
    const wanted = hash(head, identification, words, at);
    for (let place = 0; place < CAPACITY; place++) {
      if (this.#hashes[place] === wanted && this.#equals(place * WORDS, head, identification, words, at)) return place;
    }
    return -1;
  }

  #equals(entry: number, head: number, identification: number, words: Int32Array, at: number): boolean {
    if (this.#words[entry] !== head || this.#words[entry + IDENTIFICATION] !== identification) return false;
    for (let k = 0; k < ADDRESS_WORDS; k++) if (this.#words[entry + ADDRESSES + k] !== words[at + k]) return false;
    return true;
  }
}

/** Not of the flow: of the datagram, in one direction. Never 0, which is a free place. */
function hash(head: number, identification: number, words: Int32Array, at: number): number {
  let value = Math.imul(head ^ Math.imul(identification, 0x9e3779b1), 0x85ebca6b);
  for (let k = 0; k < ADDRESS_WORDS; k++) value = Math.imul(value ^ words[at + k] ^ (value >>> 15), 0xc2b2ae35);
  return value ^ (value >>> 16) | 1;
}
