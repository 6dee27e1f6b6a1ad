/** The connection table as anyone may read it, without a word to its writer: for reports. */
import { bucketsFor, ENTRY_WORDS, EntryKind, evictionsCell, Word } from './connection-layout.js';
import { FLOW_INDEX_MASK } from './flow-id.js';
import { flowRecord, type FlowRecord } from './flow-record.js';

export class ConnectionReader {
  readonly #words: Uint32Array;
  readonly #evictions: Float64Array;

  /** @param capacity connections, as the table was made for. */
  constructor(buffer: ArrayBufferLike, byteOffset: number, capacity: number) {
    const buckets = bucketsFor(capacity);
    this.#words = new Uint32Array(buffer, byteOffset, buckets * ENTRY_WORDS);
    this.#evictions = evictionsCell(buffer, byteOffset, buckets);
  }

  /** Connections forgotten before their time, because their window was full. */
  get evictions(): number {
    return this.#evictions[0];
  }

  /** A connection, by its entry. Allocates. */
  record(entry: number): FlowRecord {
    return flowRecord(this.#words, entry);
  }

  /** All connections. Allocates. */
  *records(): Generator<FlowRecord> {
    for (let at = 0; at < this.#words.length; at += ENTRY_WORDS) if (this.#words[at] === EntryKind.connection) yield this.record(at / ENTRY_WORDS);
  }

  /** Packets of the connection with this flow id, from a to b and from b to a; null when it has ended. */
  packetsOf(flowId: number): [number, number] | null {
    const words = this.#words;
    const at = ((flowId & FLOW_INDEX_MASK) - 1) * ENTRY_WORDS;
    if (at < 0 || words[at + Word.kind] !== EntryKind.connection || words[at + Word.flowId] !== flowId) return null;
    return [words[at + Word.packets], words[at + Word.packets + 1]];
  }

  /** Connections, counted in the entries: what the writer knows by heart. */
  countEntries(): number {
    let count = 0;
    for (let at = 0; at < this.#words.length; at += ENTRY_WORDS) if (this.#words[at] === EntryKind.connection) count++;
    return count;
  }
}
