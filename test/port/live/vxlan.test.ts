/** Tunnels over UDP, between two runtimes and against hand-made datagrams, on the loopback interface. */
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain, queuePort, start, vxlan, type QueuePort, type Report, type Runtime } from 'millrace';
import { describe, expect, it } from 'vitest';
import { Vxlan } from '../../../src/port/tunnel/vxlan.js';
import { SocketDrops } from '../../../src/port/tunnel/socket-drops.js';
import { late, touch } from '../../support/trace-function.mjs';

const VNI = 0x123456;
const frame = (fill: number, length = 64): Uint8Array => Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x06, ...new Uint8Array(length - 14).fill(fill)]);
/** RFC 7348 section 5: the I flag, and the VNI in the three bytes before the last. */
const datagram = (inner: Uint8Array, { flags = 8, vni = VNI } = {}): Uint8Array =>
  Uint8Array.from([flags, 0, 0, 0, vni >>> 16, (vni >>> 8) & 0xff, vni & 0xff, 0, ...inner]);

function bound(address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(0, address, () => resolve(socket)));
}
/** A UDP port that nobody has. */
async function freePort(): Promise<number> {
  const socket = await bound();
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
const settled = async (true_: () => boolean): Promise<void> => {
  for (const until = Date.now() + 10_000; !true_() && Date.now() < until; ) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(true_()).toBe(true);
};

async function tunnel(local: number, remote: number, slots = 64): Promise<{ runtime: Runtime; queue: QueuePort }> {
  const queue = queuePort();
  const runtime = await start({
    ports: { host: queue, tunnel: vxlan({ vni: VNI, local: `127.0.0.1:${local}`, remote: `127.0.0.1:${remote}` }) },
    paths: [{ between: ['host', 'tunnel'], via: chain('edge', [touch({})]) }],
    memory: { slots },
  });
  // What arrives before the port has its first slots is dropped.
  while ((await runtime.audit()).ports.tunnel.filling === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return { runtime, queue };
}

async function over(runtime: Runtime): Promise<Report> {
  const report = await runtime.stop();
  expect(report.error).toBeUndefined();
  expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  return report;
}

describe('the VXLAN header', () => {
  it('is that of RFC 7348 section 5', () => {
    const bytes = new Uint8Array(10).fill(0xff);
    new Vxlan(VNI).write(bytes, 1);
    expect([...bytes]).toEqual([0xff, 0x08, 0, 0, 0, 0x12, 0x34, 0x56, 0, 0xff]);
  });
});

describe('two runtimes at the ends of a tunnel', () => {
  it('carry every frame, both ways, and the books agree', async () => {
    const [left, right] = [await freePort(), await freePort()];
    const [a, b] = [await tunnel(left, right, 1024), await tunnel(right, left, 1024)];
    const packets = 300;
    const send = async (queue: QueuePort, peer: Runtime, fill: number): Promise<void> => {
      for (let k = 0; k < packets; k++) {
        await queue.send(frame((k + fill) & 0xff, 64 + k));
        // Datagrams that find the peer's pool empty are dropped, as on a wire: no more than its slots may be under way.
        if (k % 50 === 49) await settled(() => peer.stats().ports.tunnel.received > k);
      }
    };
    const receive = async (queue: QueuePort): Promise<Uint8Array[]> => {
      const got: Uint8Array[] = [];
      while (got.length < packets) {
        const packet = await queue.receive();
        if (packet === null) break;
        got.push(packet.bytes);
      }
      return got;
    };
    const [atB, atA] = await Promise.all([receive(b.queue), receive(a.queue), send(a.queue, b.runtime, 0), send(b.queue, a.runtime, 7)]);
    atB.forEach((bytes, k) => expect(Buffer.from(bytes).equals(frame(k & 0xff, 64 + k))).toBe(true));
    atA.forEach((bytes, k) => expect(Buffer.from(bytes).equals(frame((k + 7) & 0xff, 64 + k))).toBe(true));
    for (const end of [a, b]) {
      const { ports } = await over(end.runtime);
      expect(ports.tunnel).toMatchObject({ received: packets, transmitted: packets, drops: {} });
    }
  });
});

describe('datagrams that are no frames for this port', () => {
  it('are counted by name and go no further', async () => {
    const local = await freePort();
    const peer = await bound();
    const stranger = await bound('127.0.0.2');
    const { runtime, queue } = await tunnel(local, peer.address().port);
    const send = (from: Socket, bytes: Uint8Array): void => from.send(bytes, local, '127.0.0.1');
    send(peer, datagram(frame(1), { vni: VNI + 1 }));
    send(peer, datagram(frame(1), { flags: 0 }));
    send(peer, datagram(new Uint8Array(13)));
    send(peer, new Uint8Array(3));
    send(peer, new Uint8Array(0));
    send(stranger, datagram(frame(1)));
    send(peer, datagram(frame(1, 4000)));
    send(peer, datagram(frame(42)));
    const arrived = await queue.receive();
    expect(Buffer.from(arrived!.bytes).equals(frame(42))).toBe(true);
    await settled(() => runtime.stats().ports.tunnel.received === 8);
    expect((await over(runtime)).ports.tunnel.drops).toEqual({ 'tunnel-vni': 1, 'tunnel-malformed': 4, 'tunnel-peer': 1, 'packet-too-long': 1 });
    peer.close();
    stranger.close();
  });

  it('are dropped by name when nobody reads and no slot is free, and the memory stays as it is', async () => {
    const local = await freePort();
    const peer = await bound();
    const { runtime } = await tunnel(local, peer.address().port, 16);
    // Nobody reads: the application's port keeps 256, then the chain waits.
    for (let k = 0; k < 600; k++) {
      peer.send(datagram(frame(k & 0xff)), local, '127.0.0.1');
      if (k % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await settled(() => runtime.stats().ports.tunnel.received >= 500);
    const census = await runtime.audit();
    expect(census).toMatchObject({ faults: [], balanced: true });
    const report = await runtime.stop({ drainMs: 500 });
    expect(report.ports.tunnel.drops['no-free-slot']).toBeGreaterThan(10);
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
    peer.close();
  });
});

const hasTable = existsSync('/proc/self/net/udp');
if (!hasTable) console.warn('skipped: the system has no /proc/self/net/udp, so nobody can say what it drops');
/** The line of a bound socket in the system's table: bytes that wait, and datagrams dropped. */
function inTable(port: number): { waiting: number; dropped: number } | null {
  const line = readFileSync('/proc/self/net/udp', 'latin1').split('\n').find((each) => each.includes(`: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `));
  const fields = line?.trim().split(/\s+/);
  return fields === undefined ? null : { waiting: Number.parseInt(fields[4].split(':')[1], 16), dropped: Number(fields[12]) };
}
async function flood(from: Socket, port: number, datagrams: number): Promise<void> {
  const bytes = datagram(frame(1));
  for (let sent = 0; sent < datagrams; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => new Promise<void>((resolve, reject) => {
      from.send(bytes, port, '127.0.0.1', (error) => { if (error === null) resolve(); else reject(error); });
    })));
  }
}

describe.skipIf(!hasTable)('a flood into a tunnel that is slow', () => {
  it('is counted to the last datagram, also what the system dropped because nobody read it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-flood-'));
    const [local, peer] = [await freePort(), await bound()];
    const starting = start({
      ports: { left: vxlan({ vni: VNI, local: `127.0.0.1:${local}`, remote: `127.0.0.1:${peer.address().port}` }), right: vxlan({ vni: 1, local: `127.0.0.1:${await freePort()}`, remote: '127.0.0.1:9' }) },
      paths: [{ between: ['left', 'right'], via: chain('edge', [late({ file: join(folder, 'go'), holdMs: 300 })]) }],
      memory: { slots: 64 },
    });
    // The socket is open, and its thread waits for the network function: the system's buffer is all that there is.
    await settled(() => inTable(local) !== null);
    await flood(peer, local, 20_000);
    const before = inTable(local)!.dropped;
    expect(before).toBeGreaterThan(1000);
    writeFileSync(join(folder, 'go'), '');
    const runtime = await starting;
    await flood(peer, local, 20_000);
    await settled(() => inTable(local)!.waiting === 0);
    const { dropped } = inTable(local)!;
    // Perhaps not a second has passed since the port asked last: it asks once more at the end.
    const report = await over(runtime);
    const { received, drops } = report.ports.left;
    expect(drops['ingress-overflow']).toBe(dropped);
    expect(drops['no-free-slot']).toBeGreaterThan(0);
    expect(received).toBe(40_000);
    expect(received - Object.values(drops).reduce((sum, each) => sum + each, 0)).toBe(report.ports.right.transmitted);
    peer.close();
    rmSync(folder, { recursive: true });
  });

  it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('at %s is found in the table of the system, and counted once', async (address) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => { socket.bind(0, address, resolve); });
    const file = `/proc/self/net/udp${address.includes(':') ? '6' : ''}`;
    const folder = mkdtempSync(join(tmpdir(), 'millrace-table-'));
    const table = join(folder, 'udp');
    const port = socket.address().port.toString(16).toUpperCase().padStart(4, '0');
    const copyWith = (drops: number): void => {
      writeFileSync(table, readFileSync(file, 'latin1').split('\n').map((line) => (line.includes(`:${port} `) ? line.replace(/\d+ *$/, `${drops}   `) : line)).join('\n'));
    };
    const drops = new SocketDrops(socket.address(), table);
    copyWith(7);
    expect([drops.take(0), drops.takeAll()]).toEqual([7, 0]);
    copyWith(4_294_967_295);
    expect(drops.take(0)).toBe(0);
    expect(drops.take(performance.now() + 100_000)).toBe(4_294_967_288);
    // The system counts modulo 2^32.
    copyWith(1);
    expect(drops.takeAll()).toBe(2);
    writeFileSync(table, readFileSync(file, 'latin1').replace('drops', ''));
    expect(drops.takeAll()).toBe(0);
    rmSync(folder, { recursive: true });
    expect(drops.takeAll()).toBe(0);
    socket.close();
  });
});

describe('a peer that is gone', () => {
  it('breaks nothing: what is sent to its closed port is transmitted, and what comes when it is there again is received', async () => {
    const local = await freePort();
    const peer = await bound();
    const { port } = peer.address();
    const { runtime, queue } = await tunnel(local, port);
    peer.close();
    // The system answers each by ICMP: port unreachable.
    for (let k = 0; k < 200; k++) await queue.send(frame(k));
    await settled(() => runtime.stats().ports.tunnel.transmitted === 200);
    const back = createSocket('udp4');
    await new Promise<void>((resolve) => { back.bind(port, '127.0.0.1', resolve); });
    const heard = new Promise<Uint8Array>((resolve) => { back.once('message', resolve); });
    await queue.send(frame(7));
    expect(Buffer.from(await heard).equals(datagram(frame(7)))).toBe(true);
    back.send(datagram(frame(42)), local, '127.0.0.1');
    expect(Buffer.from((await queue.receive())!.bytes).equals(frame(42))).toBe(true);
    const report = await over(runtime);
    expect(report.ports.tunnel).toMatchObject({ received: 1, transmitted: 201, drops: {} });
    expect(report.drops).toEqual({});
    back.close();
  });
});

describe('a tunnel that cannot be', () => {
  it('refuses to start where its port is taken, and says so', async () => {
    const taken = await bound();
    await expect(tunnel(taken.address().port, 9)).rejects.toThrow(/port 'tunnel' failed: bind EADDRINUSE 127\.0\.0\.1/);
    taken.close();
  });

  it('drops what is longer than a datagram by name', async () => {
    const queue = queuePort();
    const runtime = await start({
      ports: { host: queue, tunnel: vxlan({ vni: 1, local: `127.0.0.1:${await freePort()}`, remote: '127.0.0.1:9' }) },
      paths: [{ between: ['host', 'tunnel'], via: chain('edge', [touch({})]) }],
      memory: { slots: 8, slotBytes: 131072 },
    });
    await queue.send(frame(0, 65_536));
    await settled(() => (runtime.stats().drops['mtu-exceeded'] ?? 0) === 1);
    await over(runtime);
  });

  it('ends with a clear error and exact books when its thread dies', async () => {
    const { runtime, queue } = await tunnel(await freePort(), 9);
    for (let k = 0; k < 20; k++) await queue.send(frame(k));
    (runtime as unknown as { killPort(name: string): void }).killPort('tunnel');
    const report = await runtime.finished;
    expect(report.error).toMatchObject({ port: 'tunnel' });
    expect(report.error?.message).toMatch(/port 'tunnel' failed: its thread ended/);
    expect(report.ledger, JSON.stringify(report.ports)).toMatchObject({ balanced: true, inFlight: 0 });
  });

  it('ends also when the threads of two die', async () => {
    const [left, right] = [await freePort(), await freePort()];
    const via = (local: number) => vxlan({ vni: VNI, local: `127.0.0.1:${local}`, remote: '127.0.0.1:9' });
    const runtime = await start({ ports: { left: via(left), right: via(right) }, paths: [{ between: ['left', 'right'], via: chain('edge', [touch({})]) }], memory: { slots: 64 } });
    for (const name of ['left', 'right']) (runtime as unknown as { killPort(name: string): void }).killPort(name);
    const report = await runtime.finished;
    expect(report.error?.message).toMatch(/port '(left|right)' failed: its thread ended/);
    expect(report.ledger, JSON.stringify(report.ports)).toMatchObject({ balanced: true, inFlight: 0 });
  });
});

describe('stopping', () => {
  it('again and again, also while its threads are ending, changes nothing', async () => {
    const { runtime } = await tunnel(await freePort(), 9);
    const again = setInterval(() => void runtime.stop(), 1);
    const report = await runtime.stop();
    clearInterval(again);
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
  });
});
