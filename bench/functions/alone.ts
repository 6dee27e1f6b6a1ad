/**
 * One network function by itself in this thread, over packets that lie in slots with their flow ids, as the manager leaves
 * them: what it costs a packet, without threads and rings. A function may rewrite its packet, so each is put back before it
 * is handled again; what that costs is a way of its own, to be taken off.
 */
import { ConnectionTable } from '../../src/flow/connection-table.js';
import { nextFlowId } from '../../src/flow/flow-id.js';
import { FlowKey } from '../../src/flow/flow-key.js';
import { allocateControl } from '../../src/memory/control-memory.js';
import { Direction, HEADER_BYTES, HeaderOffset, initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import { buildContext, PacketClock, tableBytes } from '../../src/nf/context.js';
import { forward, type Handlers, type NetworkFunctionUse } from '../../src/nf/contract.js';
import { loadDefinition, schemaOf } from '../../src/nf/define.js';
import type { TableSpec } from '../../src/nf/tables.js';
import { Packet } from '../../src/packet/packet.js';
import { parsePacket } from '../../src/packet/parse.js';
import { FrameMemory } from '../frames.js';
import { InvalidMeasurement } from '../sample.js';
import type { Recorded } from '../traffic/record.js';

const FLOWS = 65_536;
/** A flow id is a place in the table of connections, which has more of them than connections. */
const FLOW_INDEXES = ConnectionTable.maxFlowIndex(FLOWS);
const SLOT_BYTES = 2048;
const HEADER_WORDS = HEADER_BYTES / 4;
/** Every byte that a function rewrites: Ethernet with tags, the longest IP and TCP headers. */
const PUT_BACK_BYTES = 144;
const START_SECONDS = 1_700_000_000;

export class Alone {
  readonly memory: FrameMemory;
  readonly packet: Packet;
  readonly count: number;
  readonly #bytes: Uint8Array[];
  readonly #headers: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #clock = new PacketClock();
  #seconds = START_SECONDS;
  #handlers: Handlers<unknown> = { process: () => forward };

  constructor(packets: readonly Recorded[]) {
    this.count = packets.length;
    const memory = new FrameMemory(packets.length, SLOT_BYTES);
    this.memory = memory;
    this.packet = new Packet(memory.headers, SLOT_BYTES);
    this.#starts = new Uint32Array(packets.length);
    const table = new ConnectionTable(allocateControl(ConnectionTable.bytes(FLOWS)), 0, FLOWS);
    const key = new FlowKey();
    packets.forEach(({ side, bytes }, slot) => {
      this.fill(slot, side, bytes);
      this.packet.moveTo(memory.region, this.#starts[slot], slot);
      if (!key.read(this.packet)) return;
      let entry = table.find(key.words, key.hash, 1);
      if (entry < 0) entry = table.insert(key.words, key.hash, 1, key.isFromFirst, side === 1);
      memory.headers.u32[(slot << 4) + (HeaderOffset.flowId >> 2)] = entry < 0 ? 0 : table.flowId(entry);
    });
    this.#bytes = packets.map((_, slot) => memory.region.slice(this.#starts[slot], this.#starts[slot] + PUT_BACK_BYTES));
    this.#headers = memory.headers.u32.slice();
  }

  /** Puts a packet into a slot as a port and the manager would. */
  fill(slot: number, side: 0 | 1, bytes: Uint8Array): void {
    const { region, headers, slots } = this.memory;
    const start = slots.address(slot) + initialDataOffset(slot);
    this.#starts[slot] = start;
    region.set(bytes, start);
    headers.u8.fill(0, slot * HEADER_BYTES, (slot + 1) * HEADER_BYTES);
    const at = slot << 4;
    headers.u32[at] = initialDataOffset(slot);
    headers.u32[at + 1] = bytes.length;
    headers.u32[at + 2] = bytes.length;
    headers.u32[at + (HeaderOffset.timestampSeconds >> 2)] = START_SECONDS;
    const at8 = slot << 6;
    headers.u8[at8 + HeaderOffset.linkType] = LinkType.ethernet;
    headers.u8[at8 + HeaderOffset.direction] = side === 0 ? Direction.forward : Direction.reverse;
    headers.u8[at8 + HeaderOffset.ingressPort] = side;
    headers.u8[at8 + HeaderOffset.egressPort] = 1 - side;
    parsePacket(region, start, bytes.length, headers, slot);
  }

  async run(use: NetworkFunctionUse): Promise<void> {
    const definition = await loadDefinition(use.module, use.function);
    const problem = (found: { readonly message: string }): never => {
      throw new InvalidMeasurement(`the options of ${use.name}: ${found.message}`);
    };
    const checked = await (await schemaOf(definition))['~standard'].validate(use.options);
    if (checked.issues !== undefined) return problem(checked.issues[0]);
    const options = structuredClone((await definition.prepare?.(checked.value, { ports: ['inside', 'outside'], resolve: (path) => path, problem })) ?? checked.value);
    const tables: Record<string, TableSpec> = typeof definition.tables === 'function' ? definition.tables(options) : (definition.tables ?? {});
    const counterNames = typeof definition.counters === 'function' ? definition.counters(options) : (definition.counters ?? []);
    let bytes = Math.ceil((counterNames.length * 8) / HEADER_BYTES) * HEADER_BYTES;
    const placed = Object.fromEntries(Object.entries(tables).map(([name, spec]) => {
      const offset = bytes;
      bytes += Math.ceil(tableBytes(spec, FLOW_INDEXES) / HEADER_BYTES) * HEADER_BYTES;
      return [name, { spec, offset }];
    }));
    const spec = { name: use.name, chain: 'bench', options, dropNumbers: Object.fromEntries((definition.drops ?? []).map((name, at) => [name, at + 1])), counterNames, countersOffset: 0, tables: placed, flowCapacity: FLOW_INDEXES, tellsDetails: true };
    this.#clock.advanceTo(START_SECONDS * 1000);
    const created = await definition.create(buildContext(spec, allocateControl(bytes), { clock: this.#clock, emit: () => undefined, nameFlow: () => undefined, originate: () => null, send: () => undefined }));
    this.#handlers = typeof created === 'function' ? { process: created } : created;
  }

  /** All packets once, each put back before. @returns how many were forwarded. */
  pass(): number {
    let forwarded = 0;
    for (let slot = 0; slot < this.count; slot++) {
      this.putBack(slot);
      if (this.#handlers.process(this.packet) === forward) forwarded++;
    }
    return forwarded;
  }

  /** The packet as it came in, under the flyweight. */
  putBack(slot: number): void {
    const { region, headers } = this.memory;
    region.set(this.#bytes[slot], this.#starts[slot]);
    const at = slot * HEADER_WORDS;
    for (let word = at; word < at + HEADER_WORDS; word++) headers.u32[word] = this.#headers[word];
    this.packet.moveTo(region, this.#starts[slot], slot);
  }

  /** From now on every packet belongs to a flow that nobody has seen. */
  renewFlows(): void {
    for (let slot = 0; slot < this.count; slot++) {
      const at = slot * HEADER_WORDS + (HeaderOffset.flowId >> 2);
      if (this.#headers[at] !== 0) this.#headers[at] = nextFlowId(this.#headers[at]);
    }
  }

  /** Packet time goes on. */
  wait(seconds: number): void {
    this.#seconds += seconds;
    this.#clock.advanceTo(this.#seconds * 1000);
    this.#handlers.expire?.(this.#seconds * 1000);
  }

  /** Takes what the function made of a packet for what comes in in its place from now on. */
  keep(slot: number): void {
    this.#bytes[slot].set(this.memory.region.subarray(this.#starts[slot], this.#starts[slot] + PUT_BACK_BYTES));
  }

  /** Handles one packet, for preparation. @returns whether it was forwarded. */
  handle(slot: number): boolean {
    this.putBack(slot);
    return this.#handlers.process(this.packet) === forward;
  }
}
