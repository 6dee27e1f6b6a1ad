/**
 * The short way into a chain finds what the long way finds: two managers receive the same packets, one of them with a mark
 * that makes it take the long way for each; afterwards headers and connections are the same, byte for byte.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ConnectionTable } from '../../src/flow/connection-table.js';
import { initialDataOffset, HeaderOffset, LinkType, ParseFlag } from '../../src/memory/slot-layout.js';
import { KnownConnections } from '../../src/packet-manager/known-connections.js';
import { PacketManager } from '../../src/packet-manager/packet-manager.js';
import { InlinePortHost } from '../../src/packet-manager/port-host.js';
import { TcpFlag } from '../../src/packet/protocols.js';
import { Sleeper } from '../../src/ring/doorbell.js';
import { EventReader, EventWriter } from '../../src/ring/event-ring.js';
import { describeArrival } from '../../src/port/capture/fill-slot.js';
import type { PortBackend, PortMemory } from '../../src/port/contract.js';
import { layOut } from '../../src/runtime/layout.js';
import type { Plan } from '../../src/runtime/plan.js';
import { Region } from '../../src/memory/region.js';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { tcp4, tcp6, udp4, udp6 } from '../support/packets.js';

interface Arrival {
  bytes: Uint8Array;
  seconds: number;
  isFromOutside: boolean;
  cut: number;
  isOffloaded: boolean;
  /** What the header says of where the bytes lie, instead of the truth. */
  lie?: number;
}

const FLOWS = 64;

const plan = (slots: number, bothWays: boolean, flows = FLOWS): Plan => ({
  ports: [{ name: 'in', spec: { kind: 'sink', write: null } }, { name: 'out', spec: { kind: 'sink', write: null } }],
  functions: [{ name: 'one', chain: 'c', replica: { index: 0, count: 1 }, module: 'none:', function: 'none', options: {}, drops: [], counters: [], tables: {} }],
  vms: [{ name: 'one', chain: 'c', functions: [0], isInline: false }],
  paths: [{ from: 0, to: 1, bothWays, match: 'any', chain: 'c', routing: 'hub', replicas: [[0]], spread: { by: 'connection' } }],
  drops: [],
  memory: { slots, slotBytes: 2048 },
  flows,
  mode: 'zero-copy',
  burst: 16,
  wakeUp: 'auto', threads: 'separate',
});

/** A port with packets that lie ready. */
function portOf(arrivals: readonly Arrival[], memory: PortMemory, isMarked: boolean): PortBackend {
  let next = 0;
  return {
    get exhausted() { return next === arrivals.length; },
    receive(slots, count) {
      // One for each of the other port's, so that both directions come in turn.
      if (count === 0 || next === arrivals.length) return 0;
      const { bytes, seconds, cut, isOffloaded, lie } = arrivals[next++];
      const slot = memory.slotIndex(slots[0]);
      const at = initialDataOffset(slot);
      memory.region.set(bytes, slots[0] + at);
      describeArrival(memory, slot, lie ?? at, { length: bytes.length, originalLength: bytes.length + cut, seconds, nanos: 5, linkType: LinkType.ethernet, interfaceId: 3 });
      if (isOffloaded) memory.headers.u8[(slot << 6) + HeaderOffset.parseFlags] |= ParseFlag.offload;
      // A flag that no port sets: the manager takes it away, after it has kept the packet from the short way.
      if (isMarked) memory.headers.u8[(slot << 6) + HeaderOffset.parseFlags] |= ParseFlag.tuplePublished;
      return 1;
    },
    transmit: () => undefined,
    complete: () => 0,
    close: () => undefined,
  };
}

/** A manager whose two ports have a packet each in turn, and whose VM returns none. */
function managerOf(arrivals: readonly Arrival[], planned: Plan, isMarked: boolean, reportFlows = false) {
  const { shared, manager: spec } = layOut(planned, { reportFlows });
  const { slots } = planned.memory;
  const region = new Region(shared.region);
  const headers = new SlotHeaders(shared.control, shared.headersOffset, slots);
  const memory: PortMemory = { region: region.bytes, headers, slotIndex: (address) => region.slotIndex(address), maxPacketBytes: region.maxPacketBytes };
  const manager = new PacketManager(shared, spec, (pool) => [false, true].map((isOutside) =>
    new InlinePortHost(portOf(arrivals.filter(({ isFromOutside }) => isFromOutside === isOutside), memory, isMarked), pool)));
  return { manager, shared, spec };
}

/** What a manager has written when all has been received. */
function received(arrivals: readonly Arrival[], bothWays: boolean, isMarked: boolean): { headers: string; connections: string } {
  const slots = 2 ** Math.ceil(Math.log2(arrivals.length + 2));
  const { manager, shared, spec } = managerOf(arrivals, plan(slots, bothWays), isMarked);
  for (let k = 0; k < arrivals.length + 2; k++) manager.poll();
  const bytes = Buffer.from(shared.control);
  return {
    headers: bytes.subarray(shared.headersOffset, shared.headersOffset + slots * 64).toString('hex').match(/.{128}/g)!.join('\n'),
    connections: bytes.subarray(spec.connectionsOffset, spec.connectionsOffset + ConnectionTable.bytes(FLOWS)).toString('hex'),
  };
}

const PLAIN = fc.constant(0);
const arrivals = fc.array(fc.record({
  flow: fc.integer({ min: 0, max: 3 }),
  isFromOutside: fc.boolean(),
  isTcp: fc.boolean(),
  isIpv6: fc.boolean(),
  flags: fc.oneof({ weight: 2, arbitrary: fc.constant(TcpFlag.ack) }, { weight: 1, arbitrary: fc.constantFrom(TcpFlag.syn, TcpFlag.syn | TcpFlag.ack, TcpFlag.fin | TcpFlag.ack, TcpFlag.fin, TcpFlag.rst, TcpFlag.syn | TcpFlag.fin, 0xff) }),
  payload: fc.integer({ min: 0, max: 60 }),
  vlan: fc.oneof({ weight: 9, arbitrary: PLAIN }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) }),
  fragment: fc.oneof({ weight: 9, arbitrary: PLAIN }, { weight: 1, arbitrary: fc.constant(64) }),
  passed: fc.oneof({ weight: 15, arbitrary: PLAIN }, { weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: 400 }) }),
  cut: fc.oneof({ weight: 9, arbitrary: PLAIN }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) }),
  isOffloaded: fc.boolean(),
  /** One byte of the headers is another. */
  wrong: fc.oneof({ weight: 19, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.record({ at: fc.integer({ min: 12, max: 68 }), by: fc.integer({ min: 1, max: 255 }) }) }),
}), { minLength: 30, maxLength: 60 }).map((drawn) => {
  let seconds = 1_700_000_000;
  return drawn.map(({ flow, isFromOutside, isTcp, isIpv6, flags, payload, vlan, fragment, passed, cut, isOffloaded, wrong }): Arrival => {
    seconds += passed;
    // The second flow has equal addresses, the third a high one: which endpoint comes first depends on signs.
    const inside = isIpv6 ? ['2001:db8::1', '2001:db8::1', 'fe80::1', '2001:db8:0:1::9'][flow] : ['10.0.0.1', '10.0.0.1', '200.0.0.1', '10.0.0.9'][flow];
    const outside = isIpv6 ? ['2001:db8::7', '2001:db8::1', '2001:db8::2', '2001:db8:0:1:8000::1'][flow] : ['198.51.100.7', '10.0.0.1', '10.0.0.2', '240.0.0.1'][flow];
    const fields = {
      source: isFromOutside ? outside : inside, destination: isFromOutside ? inside : outside,
      sourcePort: isFromOutside ? 443 : 50_000 + flow, destinationPort: isFromOutside ? 50_000 + flow : 443,
      payload: new Uint8Array(payload), ...(vlan > 0 ? { vlans: [vlan] } : {}), ...(fragment > 0 ? { fragmentOffset: fragment } : {}),
    };
    const bytes = isIpv6 ? (isTcp ? tcp6({ ...fields, flags }) : udp6(fields)) : isTcp ? tcp4({ ...fields, flags }) : udp4(fields);
    if (wrong !== null) bytes[wrong.at] ^= wrong.by;
    return { bytes, seconds, isFromOutside, cut, isOffloaded };
  });
});

describe('the short way of known connections', () => {
  it('leaves what the long way leaves', () => {
    // Watched, not replaced: how many packets it took.
    const stamp = vi.spyOn(KnownConnections.prototype, 'stamp');
    let short = 0;
    const taken = (): number => stamp.mock.calls.reduce((sum, [, from], at) => sum + (stamp.mock.results[at].value as number) - from, 0);
    fc.assert(fc.property(arrivals, fc.boolean(), (packets, bothWays) => {
      const one = received(packets, bothWays, false);
      short += taken();
      stamp.mockClear();
      const other = received(packets, bothWays, true);
      expect(taken()).toBe(0); // the mark does keep them from it
      stamp.mockClear();
      expect(one.headers).toBe(other.headers);
      expect(one.connections).toBe(other.connections);
    }), { numRuns: 200 });
    stamp.mockRestore();
    // Otherwise nothing was compared.
    expect(short).toBeGreaterThan(1000);
  });

  it.each([['UDP', udp6], ['TCP', tcp6]])('takes IPv6, %s', (_, make) => {
    const bytes = make({ source: '2001:db8::1', destination: '2001:db8::7', sourcePort: 50_000, destinationPort: 443, payload: new Uint8Array(4) });
    const arrival: Arrival = { bytes, seconds: 1_700_000_000, isFromOutside: false, cut: 0, isOffloaded: false };
    const stamp = vi.spyOn(KnownConnections.prototype, 'stamp');
    received([arrival, arrival, arrival], true, false);
    // All but the first, which opens the connection.
    expect(stamp.mock.calls.reduce((sum, [, from], at) => sum + (stamp.mock.results[at].value as number) - from, 0)).toBe(2);
    stamp.mockRestore();
  });

  it('takes the first packet of another second', () => {
    const bytes = udp4({ source: '10.0.0.1', destination: '198.51.100.7', sourcePort: 50_000, destinationPort: 443, payload: new Uint8Array(4) });
    const arrival: Arrival = { bytes, seconds: 1_700_000_000, isFromOutside: false, cut: 0, isOffloaded: false };
    const stamp = vi.spyOn(KnownConnections.prototype, 'stamp');
    received([arrival, { ...arrival, seconds: arrival.seconds + 1 }, { ...arrival, seconds: arrival.seconds + 3 }], true, false);
    expect(stamp.mock.calls.reduce((sum, [, from], at) => sum + (stamp.mock.results[at].value as number) - from, 0)).toBe(2);
    stamp.mockRestore();
  });

  it.each([0x7fff_0000, 0xffff_fff0, 2047])('throws nothing when a header says that the bytes lie at %i', (lie) => {
    const bytes = udp4({ source: '10.0.0.1', destination: '198.51.100.7', sourcePort: 50_000, destinationPort: 443, payload: new Uint8Array(4) });
    const plain: Arrival = { bytes, seconds: 1_700_000_000, isFromOutside: false, cut: 0, isOffloaded: false };
    const stamp = vi.spyOn(KnownConnections.prototype, 'stamp');
    received([plain, plain, { ...plain, lie }, plain], true, false);
    // The second and the fourth: the first opens the connection.
    expect(stamp.mock.calls.reduce((sum, [, from], at) => sum + (stamp.mock.results[at].value as number) - from, 0)).toBe(2);
    stamp.mockRestore();
  });
});

describe('a poll that takes from both ports in turn', () => {
  /** A manager of 8000 connections that time out while others come, and who reads its events. */
  function ending(burst = 1024): { manager: PacketManager; events: EventReader; unread: () => number; main: Sleeper } {
    const packet = (k: number, seconds: number): Arrival => ({
      bytes: udp4({ source: `10.1.${k >> 8}.${k & 255}`, destination: '198.51.100.7', sourcePort: 50_000, destinationPort: 53, payload: new Uint8Array(4) }),
      seconds, isFromOutside: k % 2 === 1, cut: 0, isOffloaded: false,
    });
    // All but the last have timed out when those come.
    const arrivals = Array.from({ length: 9200 }, (_, k) => packet(k, k < 8000 ? 1_700_000_000 : 1_700_000_400));
    const { manager, shared, spec } = managerOf(arrivals, { ...plan(16_384, true, 16_384), burst }, false, true);
    const writer = new EventWriter(shared.control, spec.events);
    return { manager, events: new EventReader(shared.control, spec.events), unread: () => writer.unread / writer.capacity, main: new Sleeper(shared.control, shared.mainDoorbellOffset) };
  }

  it('ends no more connections than there is room to tell of', () => {
    const { manager, events } = ending();
    let ended = 0;
    for (let k = 0; k < 200; k++) {
      manager.poll();
      ended += events.drain(() => undefined);
    }
    expect([ended, events.lost]).toEqual([8000, 0]);
  });

  it('rings for the thread that is to read of them before it has to wait for that', () => {
    const { manager, unread, main } = ending(16);
    let found: number;
    do {
      found = unread(); // what the poll sees before it receives
      main.announce();
      manager.poll();
    } while (main.word[0] === Sleeper.asleep);
    expect(found).toBeGreaterThan(0.125);
    expect(found).toBeLessThanOrEqual(0.25);
  });

  it('rings again when it waits, and goes on when it was read', () => {
    const { manager, events, main } = ending();
    let rings = 0;
    let ended = 0;
    for (let k = 0; k < 200; k++) {
      main.announce();
      manager.poll();
      if (main.word[0] === Sleeper.asleep) continue;
      rings++;
      ended += events.drain(() => undefined);
    }
    expect(rings).toBeGreaterThan(1);
    // What is left after the last ring found room.
    expect([ended + events.drain(() => undefined), events.lost]).toEqual([8000, 0]);
  });
});
