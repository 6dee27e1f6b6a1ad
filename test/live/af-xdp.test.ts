/** AF_XDP ports in network namespaces: the kernel writes frames into slots of the region, and sends them from there. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { KernelRingConsumer, KernelRingProducer, ADDRESS_WORDS, DESCRIPTOR_WORDS } from '../../src/port/live/native/xdp/kernel-ring.js';
import { Lab, canUseNamespaces, descriptorsOf, pause, reportOf, type Program } from './lab.js';

const usable = canUseNamespaces('ping', 'nstat', 'iperf3') && hasXdp();
function hasXdp(): boolean {
  // From then on an XDP program is attached by a link.
  const [major, minor] = execFileSync('uname', ['-r'], { encoding: 'utf8' }).split('.').map(Number);
  if (major > 5 || (major === 5 && minor >= 9)) return true;
  console.warn('skipped: AF_XDP ports need Linux 5.9');
  return false;
}

const PORT_DEATH = fileURLToPath(new URL('../support/port-death.mjs', import.meta.url));
let lab: Lab;

function cables(): void {
  lab = new Lab();
  for (const name of ['client', 'middle', 'server']) lab.namespace(name);
  lab.cable(['client', 'net0'], ['middle', 'inside']);
  lab.cable(['server', 'net0'], ['middle', 'outside']);
  lab.address('client', 'net0', '10.0.0.2/24', 'fd00::2/64');
  lab.address('server', 'net0', '10.0.0.3/24', 'fd00::3/64');
}
const wire = (inside: string, outside: string, memory = 'slots: 16384', leg: readonly [string, string] = ['', '']): string => `
ports: { inside: { kind: ${inside}, interface: inside${leg[0]} }, outside: { kind: ${outside}, interface: outside${leg[1]} } }
chains: { wire: [{ firewall: { rules: [allow any], default: allow } }] }
paths: [{ between: [inside, outside], via: wire }]
memory: { ${memory} }
`;
/** Few, where a test fills rings. */
const SLOTS = 512;
/** What hosts say by themselves of a router that they look for. */
const ROUTER_TALK = ['taken-by-router', 'not-for-router', 'not-routable'];

async function talk(server: string, server6: string): Promise<void> {
  for (const address of [server, server6]) expect(await lab.pings('client', '-c', '3', address)).toContain(' 0% packet loss');
  lab.start('server', 'iperf3', '-s');
  for (const flags of [[], ['-R', '-6'], ['-u', '-b', '20M', '-l', '1200']]) {
    const args = ['-c', flags.includes('-6') ? server6 : server, '-n', flags.includes('-u') ? '1M' : '10M', '-J', ...flags];
    let ended = await lab.finish('client', 'iperf3', ...args);
    for (let tries = 0; ended.code !== 0 && tries < 20; tries++) ended = await lab.finish('client', 'iperf3', ...args);
    expect(ended.code, ended.stdout.slice(0, 500)).toBe(0);
  }
}

async function settle(millrace: Program, meant: readonly string[] = []): Promise<Awaited<ReturnType<typeof reportOf>>> {
  const report = await reportOf(millrace);
  expect(['client', 'server'].map((name) => lab.checksumErrors(name))).toEqual([0, 0]);
  // A busy machine may leave a port without slots for a moment: there is no other buffer.
  expect(Object.keys(report.drops).filter((reason) => ![...meant, 'no-free-slot'].includes(reason)), JSON.stringify(report.drops)).toEqual([]);
  expect(report.bytesCopied).toBe(0);
  return report;
}

describe.skipIf(!usable)('AF_XDP', () => {
  afterEach(async () => { await lab.close(); });

  it.each([
    ['af-xdp', 'af-xdp', 'slots: 16384'],
    ['af-xdp', 'af-packet', 'slots: 8192, slotBytes: 4096'],
  ])('carries ping, TCP and UDP between %s and %s, with %s', async (inside, outside, memory) => {
    cables();
    const millrace = await lab.millrace('middle', wire(inside, outside, memory), '--json');
    expect(lab.run('middle', 'ip', 'link', 'show', 'inside')).toMatch(/ xdp/);
    const open = descriptorsOf(millrace.child.pid!).length;
    await talk('10.0.0.3', 'fd00::3');
    expect(descriptorsOf(millrace.child.pid!).length).toBe(open);
    const report = await settle(millrace);
    // iperf3 ends when all is in the sender's buffer, and what is left there on a slow machine never comes.
    expect(report.ports.inside.received).toBeGreaterThan(1000);
    // The program went with the process.
    expect(lab.run('middle', 'ip', 'link', 'show', 'inside')).not.toMatch(/ xdp/);
  });

  it("is a router's leg: answers go by a packet socket beside it", async () => {
    cables();
    lab.run('server', 'ip', 'address', 'flush', 'dev', 'net0');
    lab.address('server', 'net0', '10.1.0.2/24', 'fd01::2/64');
    for (const [name, four, six] of [['client', '10.0.0.1', 'fd00::1'], ['server', '10.1.0.1', 'fd01::1']] as const) {
      lab.run(name, 'ip', 'route', 'add', 'default', 'via', four);
      lab.run(name, 'ip', '-6', 'route', 'add', 'default', 'via', six);
    }
    const millrace = await lab.millrace('middle', wire('af-xdp', 'af-xdp', 'slots: 16384', [", addresses: [10.0.0.1/24, 'fd00::1/64']", ", addresses: [10.1.0.1/24, 'fd01::1/64'], mtu: 1400"]), '--json');
    expect(await lab.pings('client', '-c', '2', '10.0.0.1')).toContain(' 0% packet loss');
    await talk('10.1.0.2', 'fd01::2');
    // In fragments: they are pieces of a slot, sent by the socket of the leg.
    expect(await lab.pings('client', '-c', '2', '-M', 'dont', '-s', '1450', '10.1.0.2')).toContain(' 0% packet loss');
    await settle(millrace, [...ROUTER_TALK, 'mtu-exceeded']);
  });

  it('drops what should leave by an interface that is down, and serves it when it is up again', async () => {
    cables();
    const millrace = await lab.millrace('middle', wire('af-xdp', 'af-xdp', `slots: ${SLOTS}`), '--json');
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    lab.run('middle', 'ip', 'link', 'set', 'outside', 'down');
    await millrace.says(/down: port 'outside'/);
    expect((await lab.finish('client', 'ping', '-c', '3', '-i', '0.05', '-W', '1', '10.0.0.3')).code).toBe(1);
    // More than the tx ring holds: none of them may be sent later, or anything in their place twice.
    lab.run('client', 'bash', '-c', `exec 3>/dev/udp/10.0.0.3/9; for k in {1..${6 * SLOTS}}; do echo x >&3; (( k % 50 )) || sleep 0.01; done`);
    lab.run('middle', 'ip', 'link', 'set', 'outside', 'up');
    await millrace.says(/up: port 'outside'/);
    const pings = await lab.pings('client', '-c', '2', '10.0.0.3');
    expect(pings).toContain(' 0% packet loss');
    expect(pings).not.toContain('duplicates');
    const report = await settle(millrace, ['port-down']);
    expect(report.drops['port-down']).toBeGreaterThan(2 * SLOTS);
  });

  it('drops what should leave by a cable whose other end is down, or that is gone, and says so', async () => {
    cables();
    const millrace = await lab.millrace('middle', wire('af-xdp', 'af-xdp', `slots: ${SLOTS}`), '--json');
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    lab.run('server', 'ip', 'link', 'set', 'net0', 'down');
    await millrace.says(/down: port 'outside': the interface 'outside' has no carrier/);
    lab.run('client', 'ip', 'neigh', 'change', '10.0.0.3', 'dev', 'net0', 'nud', 'permanent');
    expect((await lab.finish('client', 'ping', '-c', '6', '-i', '0.2', '-W', '1', '10.0.0.3')).code).toBe(1);
    lab.run('server', 'ip', 'link', 'set', 'net0', 'up');
    await millrace.says(/up: port 'outside'/);
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    // One that is made anew is another interface: it is not served, and must not be said to be.
    lab.run('middle', 'ip', 'link', 'del', 'outside');
    await millrace.says(/down: port 'outside': the interface 'outside' is down or gone/);
    lab.cable(['server', 'net0'], ['middle', 'outside']);
    await pause(500);
    expect((await lab.finish('middle', process.execPath, 'dist/cli/main.js', 'ps')).stdout).toMatch(/ outside \(down\) +af-xdp /);
    const report = await settle(millrace, ['port-down']);
    expect(report.drops['port-down']).toBeGreaterThanOrEqual(5);
  });

  it('says what is wrong: an MTU beyond the slots, an interface that another program has, a missing capability', async () => {
    cables();
    const run = (file: string, ...before: string[]) => lab.finish('middle', ...before, process.execPath, 'dist/cli/main.js', 'run', file, '--no-control');
    const file = lab.write('bad.yaml', wire('af-xdp', 'af-xdp'));
    const rawOnly = ['setpriv', '--bounding-set=-all,+net_raw', '--inh-caps=-all,+net_raw', 'prlimit', '--memlock=8388608'];
    const locked = await run(file, ...rawOnly);
    expect(locked.code).toBe(2);
    expect(locked.stderr).toMatch(/interface-refused[^]*more packet memory than this process may lock[^]*CAP_IPC_LOCK/);
    const denied = await run(lab.write('small.yaml', wire('af-xdp', 'af-xdp', 'slots: 512')), ...rawOnly);
    expect(denied.code).toBe(2);
    expect(denied.stderr).toMatch(/permission-missing[^]*CAP_BPF/);
    lab.run('client', 'ip', 'link', 'set', 'net0', 'mtu', '3000');
    lab.run('middle', 'ip', 'link', 'set', 'inside', 'mtu', '3000');
    const long = await run(file);
    expect(long.code).toBe(2);
    expect(long.stderr).toMatch(/frames of the interface 'inside' do not fit the slots[^]*an MTU of 3000[^]*at most 1774/);
    lab.run('middle', 'ip', 'link', 'set', 'inside', 'mtu', '1500');
    const millrace = await lab.millrace('middle', wire('af-xdp', 'af-xdp'), '--json');
    const second = await run(file);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/interface-refused[^]*because another program has it/);
    // However it ends: nothing of it stays on the interface.
    expect(lab.run('middle', 'ip', 'link', 'show', 'inside')).toMatch(/ xdp/);
    millrace.signal('SIGKILL');
    await millrace.ended;
    for (let tries = 0; tries < 100 && / xdp/.test(lab.run('middle', 'ip', 'link', 'show', 'inside')); tries++) await pause(20);
    expect(lab.run('middle', 'ip', 'link', 'show', 'inside')).not.toMatch(/ xdp/);
  });
});

describe.skipIf(!usable)('what an interface does to frames before an AF_XDP port has them', () => {
  afterEach(async () => { await lab.close(); });

  it('is told at the start, with the command that mends it', async () => {
    cables();
    // An interface whose driver takes no program: it is behind the driver there, where the system has put TCP packets together.
    lab.run('middle', 'ip', 'link', 'add', 'tunnel', 'type', 'vxlan', 'id', '7', 'remote', '127.0.0.1', 'dstport', '4790');
    lab.run('middle', 'ip', 'link', 'set', 'tunnel', 'up');
    const millrace = await lab.millrace('middle', wire('af-xdp', 'af-xdp', `slots: ${SLOTS}`).replace('interface: inside', 'interface: tunnel'), '--json');
    await reportOf(millrace);
    expect(millrace.stderr).toMatch(/advice: port 'inside': TCP packets that the system puts together on 'tunnel' fit no slot and are dropped: ethtool -K tunnel gro off/);
    expect(millrace.stderr).toMatch(/advice: port 'outside': VLAN tags of frames that 'outside' receives are lost: ethtool -K outside rxvlan off/);
    expect(millrace.stderr.match(/advice:/g)).toHaveLength(2);
  });
});

describe.skipIf(!usable)('a thread of an AF_XDP port that dies', () => {
  afterEach(async () => { await lab.close(); });

  it('leaves no slot in which the kernel goes on writing', async () => {
    cables();
    const widow = lab.start('middle', process.execPath, PORT_DEATH);
    await widow.says(/running/);
    lab.run('client', 'ip', 'neigh', 'replace', '10.0.0.3', 'lladdr', '02:00:00:00:00:03', 'dev', 'net0');
    const flood = lab.start('client', 'bash', '-c', 'exec 3>/dev/udp/10.0.0.3/9; for ((k = 0; ; k++)); do echo $k >&3; (( k % 20 )) || sleep 0.005; done');
    const { code, stdout, stderr } = await widow.ended;
    flood.signal('SIGKILL');
    expect(code, stderr).toBe(0);
    const said = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { inFlight: number };
    // While it lived the kernel wrote all the time, though the function stood still.
    expect(said).toMatchObject({ wroteAlive: true, wroteDead: false, ledger: { balanced: true, inFlight: 0 } });
    expect(said.inFlight).toBeGreaterThan(0);
    expect(stdout).toContain("port 'inside' failed");
  });
});

describe('rings that are shared with the kernel', () => {
  /** Indexes of both ends in the first words, entries behind them. */
  const buffer = new ArrayBuffer(12 + 4 * 16);
  const ring = { address: 0, bytes: buffer.byteLength, producer: 0, consumer: 4, entries: 12, capacity: 4 };
  const view = (): ArrayBuffer => buffer;

  it('carry addresses and lengths, also where the indexes pass 2^32', () => {
    new Uint32Array(buffer).fill(0);
    new Uint32Array(buffer).fill(0xfffffffe, 0, 2);
    const producer = new KernelRingProducer(view, ring, DESCRIPTOR_WORDS);
    const consumer = new KernelRingConsumer(view, ring, DESCRIPTOR_WORDS);
    for (let k = 0; k < 4; k++) producer.pushPacket(4096 * k + 256, 60 + k, 0);
    expect(consumer.available()).toBe(0);
    producer.publish();
    expect([consumer.available(), producer.occupancy()]).toEqual([4, 4]);
    expect([0, 1, 2, 3].map((k) => [consumer.address(k), consumer.length(k)])).toEqual([[256, 60], [4352, 61], [8448, 62], [12544, 63]]);
    consumer.release(3);
    expect([consumer.available(), consumer.address(0), producer.occupancy()]).toEqual([1, 12544, 1]);
  });

  it('lose an entry that was taken back: the kernel finds no chunk there', () => {
    new Uint32Array(buffer).fill(0);
    const producer = new KernelRingProducer(view, ring, ADDRESS_WORDS);
    const consumer = new KernelRingConsumer(view, ring, ADDRESS_WORDS);
    producer.push(2048);
    producer.push(4096);
    producer.publish();
    expect(producer.waiting(1)).toBe(4096);
    producer.spoil(1);
    expect([consumer.address(0), consumer.address(1)]).toEqual([2048, 0xffffffff]);
  });
});
