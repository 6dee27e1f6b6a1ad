/**
 * Runs a network function in this thread, packet by packet: for unit tests. It uses the same context, tables and packet
 * as a VM does.
 */
import { allocateRegion, Region } from '../memory/region.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HEADER_BYTES, HeaderOffset, LinkType, ParseFlag, VerdictKind, initialDataOffset } from '../memory/slot-layout.js';
import { DropReasons } from '../observe/drop-reasons.js';
import { Packet } from '../packet/packet.js';
import { parsePacket } from '../packet/parse.js';
import { buildContext, PacketClock, noVerdict, tableBytes, verdictKind, verdictReason, type ContextSpec, type PlacedTable, type VmEvent } from './context.js';
import { loadDefinition } from './define.js';
import { HarnessFlows } from './harness-flows.js';
import { prepareAlone } from './prepare-alone.js';
import { forward, type Handlers, type NetworkFunctionUse, type OptionProblem, type Replica, type Verdict } from './contract.js';
import type { TableSpec } from './tables.js';

const DEFAULT_FLOWS = 1024;
/** Numbers of the ports that packets come in by. */
const PORTS = { forward: 0, reverse: 1 } as const;
const KINDS = ['forward', 'drop', 'reply'] as const;

export interface HarnessPacketOptions {
  direction?: 'forward' | 'reverse';
  timestampMs?: number;
  /** Given by 5-tuple when absent, as the manager would. */
  flowId?: number;
  linkType?: number;
}

export interface HarnessOptions {
  /** Flows known at a time. Beyond it, a new one takes the place of another. Default: 1024. */
  flows?: number;
  /** Which replica of the use this is; the only one when absent. */
  replica?: Replica;
}

export interface HarnessResult {
  verdict: 'forward' | 'drop' | 'reply';
  /** Drop reason, null for `forward`. */
  reason: string | null;
  /** The packet as it was left. */
  bytes: Uint8Array;
  flowId: number;
  /** The NF called `packet.publishTuple()`. */
  flowPublished: boolean;
  /** The NF called `packet.turnBack()`: the packet leaves by the port that it came in by. */
  turnedBack: boolean;
}

export interface Harness {
  process(bytes: Uint8Array, options?: HarnessPacketOptions): HarnessResult;
  /** What the NF says of the packet that `process` had last: its `explain`, empty when it has none. */
  explain(): string;
  readonly alerts: Extract<VmEvent, { type: 'alert' }>[];
  readonly flows: Extract<VmEvent, { type: 'describe-flow' }>[];
  /** Packets that the NF made itself. */
  readonly originated: Uint8Array[];
  readonly counters: Record<string, number>;
  update(options: unknown): Promise<void>;
  expire(nowMs: number): void;
  /** Problems in the options; when there are any, the other members throw. */
  readonly problems: OptionProblem[];
}

/** A network function, ready to be given packets. */
export async function harness(use: NetworkFunctionUse, { replica, flows: flowCapacity = DEFAULT_FLOWS }: HarnessOptions = {}): Promise<Harness> {
  const definition = await loadDefinition(use.module, use.function);
  const { options, problems } = await prepareAlone(use, use.options);
  const reasons = new DropReasons(definition.drops ?? []);
  const tables: Record<string, TableSpec> = problems.length > 0 ? {} : typeof definition.tables === 'function' ? definition.tables(options) : (definition.tables ?? {});
  const counterNames = problems.length > 0 ? [] : typeof definition.counters === 'function' ? definition.counters(options) : (definition.counters ?? []);

  const region = new Region(allocateRegion({ slots: 4, slotBytes: 16384, scratchBytes: 0 }));
  let controlBytes = HEADER_BYTES * region.slots;
  const reserve = (bytes: number): number => {
    const offset = controlBytes;
    controlBytes += Math.ceil(bytes / HEADER_BYTES) * HEADER_BYTES;
    return offset;
  };
  const countersOffset = reserve(counterNames.length * 8);
  const placed: Record<string, PlacedTable> = {};
  for (const [name, spec] of Object.entries(tables)) placed[name] = { spec, offset: reserve(tableBytes(spec, flowCapacity)) };
  const control = new SharedArrayBuffer(controlBytes);
  const headers = new SlotHeaders(control, 0, region.slots);

  const clock = new PacketClock();
  const alerts: Harness['alerts'] = [];
  const flows: Harness['flows'] = [];
  const originated: Uint8Array[] = [];
  const packet = new Packet(headers, region.slotBytes);
  const made = new Packet(headers, region.slotBytes);
  const spec: ContextSpec = {
    name: use.name,
    chain: 'harness',
    options,
    ...(replica !== undefined && { replica }),
    dropNumbers: Object.fromEntries((definition.drops ?? []).map((name) => [name, reasons.number(name)])),
    counterNames,
    countersOffset,
    tables: placed,
    flowCapacity,
    tellsDetails: true,
  };

  /** Puts bytes into a slot as a port and the manager would. */
  const fill = (target: Packet, slot: number, bytes: Uint8Array, linkType: number): void => {
    const start = region.address(slot) + initialDataOffset(slot);
    region.bytes.set(bytes, start);
    headers.u8.fill(0, slot * HEADER_BYTES, (slot + 1) * HEADER_BYTES);
    const at = slot << 4;
    headers.u32[at] = initialDataOffset(slot);
    headers.u32[at + 1] = bytes.length;
    headers.u32[at + 2] = bytes.length;
    headers.u8[(slot << 6) + HeaderOffset.linkType] = linkType;
    parsePacket(region.bytes, start, bytes.length, headers, slot);
    target.moveTo(region.bytes, start, slot);
  };

  const context = buildContext(spec, control, {
    clock,
    emit: (event) => {
      if (event.type === 'alert') alerts.push(event);
      else if (event.type === 'describe-flow') flows.push(event);
    },
    nameFlow: () => undefined, // it tells details
    originate: (like, length) => {
      // As in a VM: the header is that of the packet like which it is made.
      const header = headers.u8.slice(like.slotIndex * HEADER_BYTES, (like.slotIndex + 1) * HEADER_BYTES);
      fill(made, 1, new Uint8Array(length), like.linkType);
      const kept = headers.u32.slice(16, 19);
      headers.u8.set(header, HEADER_BYTES);
      headers.u32.set(kept, 16);
      headers.u8[HEADER_BYTES + HeaderOffset.parseFlags] = 0;
      return made;
    },
    send: (sent) => originated.push(sent.bytes.slice(sent.start, sent.start + sent.length)),
  });
  const created = problems.length > 0 ? undefined : await definition.create(context);
  const handlers: Handlers<unknown> | undefined = typeof created === 'function' ? { process: created } : created;
  const ready = (): Handlers<unknown> => {
    if (handlers === undefined) throw new Error(`the options have problems: ${problems.map((problem) => problem.message).join('; ')}`);
    return handlers;
  };

  let lastVerdict: Verdict = forward;
  const flowIds = new HarnessFlows(flowCapacity);

  return {
    alerts,
    flows,
    originated,
    problems,
    get counters() {
      return Object.fromEntries(Object.entries(context.counters).map(([name, counter]) => [name, counter.value]));
    },
    process(bytes, { direction = 'forward', timestampMs = 0, flowId, linkType = LinkType.ethernet } = {}) {
      const { process } = ready();
      fill(packet, 0, bytes, linkType);
      headers.u8[HeaderOffset.direction] = Direction[direction];
      headers.u8[HeaderOffset.ingressPort] = PORTS[direction];
      headers.u8[HeaderOffset.egressPort] = 1 - PORTS[direction];
      headers.u32[HeaderOffset.timestampSeconds >> 2] = Math.floor(timestampMs / 1000);
      headers.u32[HeaderOffset.timestampNanos >> 2] = Math.round((timestampMs % 1000) * 1e6);
      const id = flowId ?? flowIds.of(packet);
      headers.u32[HeaderOffset.flowId >> 2] = id;
      packet.moveTo(region.bytes, packet.start, 0);
      clock.advanceTo(timestampMs);
      const verdict: Verdict = process(packet);
      if (typeof verdict !== 'number') noVerdict(verdict);
      lastVerdict = verdict;
      const flowPublished = (headers.u8[HeaderOffset.parseFlags] & ParseFlag.tuplePublished) !== 0;
      const start = region.address(0) + headers.u32[HeaderOffset.dataOffset >> 2];
      const length = headers.u32[HeaderOffset.length >> 2];
      if (flowPublished) {
        parsePacket(region.bytes, start, length, headers, 0);
        packet.moveTo(region.bytes, start, 0);
        flowIds.alias(packet, id);
      }
      return {
        verdict: KINDS[verdictKind(verdict)],
        reason: verdictKind(verdict) === VerdictKind.forward ? null : reasons.names[verdictReason(verdict)],
        bytes: region.bytes.slice(start, start + length),
        flowId: id,
        flowPublished,
        turnedBack: headers.u8[HeaderOffset.egressPort] === headers.u8[HeaderOffset.ingressPort],
      };
    },
    explain: () => ready().explain?.(packet, lastVerdict) ?? '',
    async update(raw) {
      const next = await prepareAlone(use, raw);
      if (next.problems.length > 0) throw new Error(next.problems.map((problem) => problem.message).join('; '));
      const { update } = ready();
      if (update === undefined) throw new Error(`${use.function} takes no new options under traffic`);
      update(next.options);
    },
    expire(nowMs) {
      clock.advanceTo(nowMs);
      ready().expire?.(nowMs);
    },
  };
}
