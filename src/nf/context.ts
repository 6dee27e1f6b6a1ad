/** What a network function is given in its VM: its options, verdicts, counters, tables, time and voice. */
import { formatFlowEnds } from './flow-ends.js';
import type { Context, Counter, EventFields, FlowDetails, Replica, Verdict } from './contract.js';
import { PerFlowTable, StateTable, type TableSpec } from './tables.js';
import type { Packet } from '../packet/packet.js';
import { VerdictKind } from '../memory/slot-layout.js';

/** Bits of a verdict that are its kind; the rest are the drop reason. */
const KIND_BITS = 2;

export function verdictOf(kind: number, reason: number): Verdict {
  return ((reason << KIND_BITS) | kind) as Verdict;
}
export function verdictKind(verdict: Verdict): number {
  return verdict & ((1 << KIND_BITS) - 1);
}
export function verdictReason(verdict: Verdict): number {
  return verdict >>> KIND_BITS;
}

/**
 * @throws TypeError when a network function returned something else than a verdict: a forgotten `return`, or a drop reason
 * that it did not declare. Letting such a packet pass would be the one thing that nobody meant.
 */
export function noVerdict(verdict: unknown): never {
  throw new TypeError(`it returned ${String(verdict)}, expected forward, drop[…] or reply[…] of a declared reason`);
}

/** Packet time: the latest timestamp seen. It never goes back, whatever a capture says. */
export class PacketClock {
  #seconds = 0;
  #nanos = 0;
  readonly #times: Float64Array;
  /** Milliseconds. So small that V8 always inlines it: a fraction that a call returns is an object (docs/hot-code.md). */
  readonly now: () => number;

  constructor() {
    const times = new Float64Array(1);
    this.#times = times;
    this.now = () => times[0];
  }

  readonly nowSeconds = (): number => this.#seconds;

  /** A packet with this timestamp has come. */
  advance(seconds: number, nanos: number): void {
    if (seconds < this.#seconds || (seconds === this.#seconds && nanos <= this.#nanos)) return;
    this.#seconds = seconds;
    this.#nanos = nanos;
    this.#times[0] = seconds * 1000 + nanos / 1e6;
  }

  /** Time has passed without packets. */
  advanceTo(timeMs: number): void {
    const seconds = Math.floor(timeMs / 1000);
    this.advance(seconds, Math.floor((timeMs - seconds * 1000) * 1e6));
  }
}

/** Where a table lies: a plain value that crosses threads. */
export interface PlacedTable {
  spec: TableSpec;
  offset: number;
}

/** What a VM is told of its network function. */
export interface ContextSpec {
  name: string;
  chain: string;
  options: unknown;
  /** Absent: the only one. */
  replica?: Replica;
  /** Numbers of the declared drop reasons. */
  dropNumbers: Record<string, number>;
  counterNames: readonly string[];
  /** Offset of one float64 for each counter. */
  countersOffset: number;
  tables: Record<string, PlacedTable>;
  flowCapacity: number;
  /** Whether anybody is told the details of flows. */
  tellsDetails: boolean;
}

/** What one call of `describeFlow` said. `flow` are the ends of the packet that told, its sender first. */
export interface FlowDescribed {
  type: 'describe-flow';
  vm: string;
  chain: string;
  flowId: number;
  flow: string;
  timestampMs: number;
  protocol: string;
  host: string;
  details: FlowDetails;
}

/** What the VM's events say. */
export type VmEvent =
  | { type: 'alert'; vm: string; chain: string; signature: string; flowId: number; flow: string; timestampMs: number; fields: EventFields }
  | FlowDescribed
  /** `function`: which of the VM's. */
  | { type: 'standing'; function: number; takesUpdates: boolean }
  | { type: 'updated'; function: number };

export interface ContextLinks {
  clock: PacketClock;
  emit(event: VmEvent): void;
  /** In place of `describe-flow` where nobody is told more: not the packet that told, and no details. */
  nameFlow(flowId: number, protocol: string, host: string): void;
  originate(like: Packet, length: number): Packet | null;
  send(packet: Packet): void;
}

/** A counter in control memory. */
class CellCounter implements Counter {
  readonly #cells: Float64Array;
  readonly #index: number;

  constructor(cells: Float64Array, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  get value(): number {
    return this.#cells[this.#index];
  }

  add(amount: number): void {
    this.#cells[this.#index] += amount;
  }
}

export function tableBytes(spec: TableSpec, flowCapacity: number): number {
  return spec.kind === 'keyed' ? StateTable.bytes(spec) : PerFlowTable.bytes(spec, flowCapacity);
}

export type AnyContext = Context<unknown, string, string, Record<string, TableSpec>>;

/** Builds the context over control memory. */
export function buildContext(spec: ContextSpec, buffer: ArrayBufferLike, links: ContextLinks): AnyContext {
  const drop: Record<string, Verdict> = {};
  const reply: Record<string, Verdict> = {};
  for (const [name, number] of Object.entries(spec.dropNumbers)) {
    drop[name] = verdictOf(VerdictKind.drop, number);
    reply[name] = verdictOf(VerdictKind.reply, number);
  }
  const cells = new Float64Array(buffer, spec.countersOffset, spec.counterNames.length);
  const counters: Record<string, Counter> = {};
  spec.counterNames.forEach((name, index) => (counters[name] = new CellCounter(cells, index)));
  const state: Record<string, StateTable | PerFlowTable> = {};
  for (const [name, { spec: table, offset }] of Object.entries(spec.tables)) {
    state[name] = table.kind === 'keyed' ? new StateTable(table, buffer, offset) : new PerFlowTable(table, spec.flowCapacity, buffer, offset);
  }
  return {
    name: spec.name,
    options: spec.options,
    replica: spec.replica ?? { index: 0, count: 1 },
    drop,
    reply,
    tellsDetails: spec.tellsDetails,
    now: links.clock.now,
    nowSeconds: links.clock.nowSeconds,
    counters,
    state: state as AnyContext['state'],
    alert: (packet, signature, fields = {}) => {
      const { flowId, timestampMs } = packet;
      const event = { vm: spec.name, chain: spec.chain, signature, flowId, flow: formatFlowEnds(packet), timestampMs, fields };
      links.emit({ type: 'alert', ...event });
    },
    describeFlow: (packet, protocol, host, details) => {
      const { flowId } = packet;
      if (!spec.tellsDetails) {
        if (protocol !== '' || host !== '') links.nameFlow(flowId, protocol, host);
        return;
      }
      const { timestampMs } = packet;
      const flow = formatFlowEnds(packet);
      links.emit({ type: 'describe-flow', vm: spec.name, chain: spec.chain, flowId, flow, timestampMs, protocol, host, details: details ?? {} });
    },
    originate: (like, length) => links.originate(like, length),
    send: (packet) => {
      links.send(packet);
    },
  };
}
