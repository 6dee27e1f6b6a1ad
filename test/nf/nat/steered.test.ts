/**
 * A replicated NAT behind the classifier: its mappings depend on the inside end alone (RFC 4787 REQ-1), and what comes from
 * outside meets the replica that has the mapping. The classifier and the NAT are the real ones; the threads are in the last test.
 */
import fc from 'fast-check';
import { chain, nat, queuePort, start, type QueuePort } from 'millrace';
import { expect, test } from 'vitest';
import { ConnectionTable } from '../../../src/flow/connection-table.js';
import { FlowKey } from '../../../src/flow/flow-key.js';
import { Steering } from '../../../src/flow/steering.js';
import { Region } from '../../../src/memory/region.js';
import { SlotHeaders } from '../../../src/memory/slot-headers.js';
import { Direction, HEADER_BYTES, HeaderOffset, initialDataOffset, LinkType } from '../../../src/memory/slot-layout.js';
import { harness, type HarnessResult } from '../../../src/nf/harness.js';
import { nat as natHere } from '../../../src/nf/nat/index.js';
import { Classification } from '../../../src/packet-manager/classification.js';
import { SlotBook } from '../../../src/packet-manager/slot-book.js';
import { Packet } from '../../../src/packet/packet.js';
import { parsePacket } from '../../../src/packet/parse.js';
import { planConfiguration } from '../../../src/runtime/check.js';
import { layOut } from '../../../src/runtime/layout.js';
import { sink } from '../../../src/runtime/port-values.js';
import { dotted, echo, ethernet, icmpError, ip, ipv4, see, tcp, udp } from './packets.js';

const FLOWS = 1024;
const OPTIONS = { external: ['203.0.113.1', '203.0.113.64/30'], bindings: 512 };
const COUNTS = [1, 2, 3, 5, 8];

/** The manager's part of it: every packet is classified, and what a replica publishes becomes an alias. */
async function replicated(count: number) {
  const edge = chain('edge', [natHere(OPTIONS)], { replicas: count });
  const plan = await planConfiguration({ ports: { inside: sink(), outside: sink() }, paths: [{ between: ['inside', 'outside'], via: edge }], flows: FLOWS, memory: { slots: 2, slotBytes: 512 } });
  const { shared, manager } = layOut(plan, { reportFlows: false });
  const region = new Region(shared.region);
  const headers = new SlotHeaders(shared.control, shared.headersOffset, region.slots);
  const nfs = await Promise.all(Array.from({ length: count }, (_, index) => harness(natHere(OPTIONS), { replica: { index, count }, flows: FLOWS })));
  let classification = new Classification(shared.control, manager, region, headers, new SlotBook(region.slots));
  const at = region.address(0) + initialDataOffset(0);
  const fill = (bytes: Uint8Array): void => {
    region.bytes.set(bytes, at);
    headers.u8.fill(0, 0, HEADER_BYTES);
    headers.u32[0] = initialDataOffset(0);
    headers.u32[1] = headers.u32[2] = bytes.length;
    headers.u8[HeaderOffset.linkType] = LinkType.ethernet;
    parsePacket(region.bytes, at, bytes.length, headers, 0);
  };
  return {
    /** The connection table forgets everything; the replicas remember. */
    forget: () => {
      new Uint8Array(shared.control, manager.connectionsOffset, ConnectionTable.bytes(FLOWS)).fill(0);
      classification = new Classification(shared.control, manager, region, headers, new SlotBook(region.slots));
    },
    send: (bytes: Uint8Array, direction: 'forward' | 'reverse' = 'forward'): HarnessResult & { replica: number } => {
      fill(bytes);
      classification.classify(region.bytes, at, 0, direction === 'forward' ? 0 : 1);
      const { path: replica, connection, flowId } = classification;
      expect(classification.direction).toBe(Direction[direction]);
      const result = nfs[replica].process(bytes, { direction, flowId });
      if (result.flowPublished) {
        fill(result.bytes);
        classification.alias(region.bytes, at, 0, connection, flowId);
      }
      return { ...result, replica };
    },
  };
}

const protocols = {
  udp: (source: string, sourcePort: number, destination: string, destinationPort: number) => udp({ source, sourcePort, destination, destinationPort }),
  tcp: (source: string, sourcePort: number, destination: string, destinationPort: number) => tcp({ source, sourcePort, destination, destinationPort }),
} as const;

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ protocol: fc.constantFrom('udp' as const, 'tcp' as const), host: fc.nat(20), port: fc.nat(3), remote: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant('forget' as const) },
);

test.each(COUNTS)('with %i replicas an inside end has one external end, whoever it speaks to, and everyone reaches it there', async (count) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const edge = await replicated(count);
      const mappings = new Map<string, string>();
      const owners = new Map<string, string>();
      for (const each of steps) {
        if (each === 'forget') {
          edge.forget();
          continue;
        }
        const build = protocols[each.protocol];
        const [inside, insidePort, remote] = [`10.0.${each.host}.5`, 5000 + 7 * each.port, `192.0.2.${each.remote + 1}`];
        const out = edge.send(build(inside, insidePort, remote, 53));
        expect(out.verdict).toBe('forward');
        const { source, sourcePort } = see(out.bytes);
        const [from, to] = [`${each.protocol} ${inside}:${insidePort}`, `${each.protocol} ${source}:${sourcePort}`];
        expect(mappings.get(from) ?? to).toBe(to);
        expect(owners.get(to) ?? from).toBe(from);
        mappings.set(from, to);
        owners.set(to, from);
        // The answer, a stranger, and an error about what was sent.
        const back = [
          edge.send(build(remote, 53, source, sourcePort), 'reverse'),
          edge.send(build('198.51.100.9', 9, source, sourcePort), 'reverse'),
          edge.send(icmpError('198.51.100.1', source, 3, 1, out.bytes), 'reverse'),
        ];
        expect(back.map(({ verdict, replica, bytes }) => [verdict, replica, see(bytes).destination])).toEqual(back.map(() => ['forward', out.replica, inside]));
        expect(back.slice(0, 2).map(({ bytes }) => see(bytes).destinationPort)).toEqual([insidePort, insidePort]);
      }
    }),
    { numRuns: 8 },
  );
});

test('queries and protocols without ports find their way back too, when the connection table has forgotten them', async () => {
  const edge = await replicated(4);
  const met = new Set<number>();
  for (let host = 1; host < 40; host++) {
    const [inside, remote] = [`10.0.0.${host}`, `192.0.2.${host}`];
    const gre = (source: string, destination: string) => ethernet(ipv4({ source, destination, protocol: 47 }, Uint8Array.of(0, 0, 8, 0)));
    for (const [there, back] of [
      [echo(8, inside, remote, host), (to: string, identifier: number) => echo(0, remote, to, identifier)],
      [gre(inside, remote), (to: string) => gre(remote, to)],
    ] as const) {
      const out = edge.send(there);
      expect(out.verdict).toBe('forward');
      const { source, sourcePort } = see(out.bytes);
      if (host % 2 === 0) edge.forget();
      const answer = edge.send(back(source, sourcePort), 'reverse');
      expect([answer.verdict, answer.replica, see(answer.bytes).destination]).toEqual(['forward', out.replica, inside]);
      met.add(out.replica);
    }
  }
  expect(met.size).toBe(4);
});

test('hosts are spread evenly, stay when connections change, and one replica more takes its share and nothing else', () => {
  const headers = new SlotHeaders(new SharedArrayBuffer(HEADER_BYTES), 0, 1);
  const packet = new Packet(headers);
  const key = new FlowKey();
  const read = (bytes: Uint8Array): FlowKey => {
    headers.u8.fill(0);
    headers.u32[1] = headers.u32[2] = bytes.length;
    headers.u8[HeaderOffset.linkType] = LinkType.ethernet;
    parsePacket(bytes, 0, bytes.length, headers, 0);
    packet.moveTo(bytes, 0, 0);
    key.read(packet);
    return key;
  };
  const spread = { by: 'inside-host', external: [ip('203.0.113.1')] } as const;
  const HOSTS = 2000;
  const picks = (count: number): number[] => Array.from({ length: HOSTS }, (_, host) => {
    const steering = new Steering(count, spread);
    const [inside, outside] = [{ source: dotted(0x0a000000 + host * 3), sourcePort: host }, { source: '192.0.2.1', sourcePort: 443 }];
    const there = { ...inside, destination: outside.source, destinationPort: outside.sourcePort };
    const back = { ...outside, destination: inside.source, destinationPort: inside.sourcePort };
    const picked = steering.pick(read(udp(there)), false);
    const others = [steering.pick(read(udp(back)), true), steering.pick(read(tcp({ ...there, sourcePort: 1, destination: '198.51.100.7' })), false)];
    if (others.some((other) => other !== picked)) throw new Error(`${there.source}: ${picked}, then ${others.join(' and ')}`);
    return picked;
  });
  let before = picks(1);
  for (let count = 2; count <= 6; count++) {
    const after = picks(count);
    const moved = after.filter((replica, host) => replica !== before[host]);
    expect(moved.every((replica) => replica === count - 1)).toBe(true);
    expect(Math.abs(moved.length - HOSTS / count)).toBeLessThan(0.2 * HOSTS / count);
    before = after;
  }
});

test('on real threads: one mapping for each inside end, and strangers reach it', async () => {
  const [inside, outside] = [queuePort(), queuePort()];
  const edge = chain('edge', [nat({ external: '203.0.113.1' })], { replicas: 3 });
  const runtime = await start({ ports: { inside, outside }, paths: [{ between: ['inside', 'outside'], via: edge }] });
  const through = async (from: QueuePort, to: QueuePort, bytes: Uint8Array) => {
    await from.send(bytes);
    return see((await to.receive())!.bytes);
  };
  const seen: string[] = [];
  for (let host = 1; host <= 20; host++) {
    const source = `10.0.0.${host}`;
    const ends: string[] = [];
    for (const destination of ['192.0.2.1', '192.0.2.2', '198.51.100.3']) {
      const out = await through(inside, outside, udp({ source, sourcePort: 4000, destination, destinationPort: 53 }));
      ends.push(`${out.source}:${out.sourcePort}`);
    }
    expect(new Set(ends).size, ends.join(' ')).toBe(1);
    seen.push(ends[0]);
    const port = Number(ends[0].split(':')[1]);
    const stranger = await through(outside, inside, udp({ source: '198.51.100.200', sourcePort: 9, destination: '203.0.113.1', destinationPort: port }));
    expect([stranger.destination, stranger.destinationPort]).toEqual([source, 4000]);
  }
  expect(new Set(seen).size).toBe(20);
  inside.end();
  outside.end();
  const report = await runtime.finished;
  expect(report.vms.map(({ received }) => received > 0)).toEqual([true, true, true]);
  expect(report.ledger).toMatchObject({ balanced: true, received: 80, transmitted: 80 });
});
