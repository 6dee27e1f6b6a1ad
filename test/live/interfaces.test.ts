/** Ports on real interfaces, in network namespaces: packet sockets, TAP, TUN, and the kernel's own VXLAN as the other end. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Report } from 'millrace';
import { afterEach, describe, expect, it } from 'vitest';
import { Lab, canUseNamespaces, descriptorsOf, pause, reportOf, type Program } from './lab.js';

const usable = canUseNamespaces('ping', 'nstat');
let lab: Lab;
afterEach(async () => { await lab.close(); });

/** client - middle - server, in one network as if there were a cable between them. */
function threeNamespaces(): void {
  lab = new Lab();
  for (const name of ['client', 'middle', 'server']) lab.namespace(name);
}
function cables(): void {
  threeNamespaces();
  lab.cable(['client', 'net0'], ['middle', 'inside']);
  lab.cable(['server', 'net0'], ['middle', 'outside']);
  lab.address('client', 'net0', '10.0.0.2/24', 'fd00::2/64');
  lab.address('server', 'net0', '10.0.0.3/24', 'fd00::3/64');
}
const chainFile = (inside: string, outside: string, memory = 'slots: 1024', threads = 'separate'): string => `
ports: { inside: ${inside}, outside: ${outside} }
chains: { wire: [{ firewall: { rules: [allow any], default: allow } }] }
paths: [{ between: [inside, outside], via: wire }]
memory: { ${memory} }
threads: ${threads}
`;
/** Datagrams of a flood. */
const FLOOD = 40_000;
const AF_PACKET = ['{ kind: af-packet, interface: inside }', '{ kind: af-packet, interface: outside }'] as const;

/** A file over TCP by programs of their own in both namespaces; returns the hash that each side saw. */
const SERVE = "const {createHash,randomBytes}=require('crypto');const net=require('net');const n=Number(process.argv[1]);"
  + "const s=net.createServer(c=>{const h=createHash('sha256');let k=0;const go=()=>{while(k<n){const b=randomBytes(65536);k+=b.length;h.update(b);if(!c.write(b)){c.once('drain',go);return}}c.end(()=>{console.log(h.digest('hex'));s.close()})};go()});"
  + "s.listen(8080,'::',()=>console.error('listening'))";
const FETCH = "const {createHash}=require('crypto');const h=createHash('sha256');require('net').connect(8080,process.argv[1]).on('data',b=>h.update(b)).on('end',()=>console.log(h.digest('hex')))";
async function transfer(address: string, bytes: number): Promise<void> {
  const server = lab.start('server', process.execPath, '-e', SERVE, String(bytes));
  await server.says(/listening/);
  const got = await lab.finish('client', process.execPath, '-e', FETCH, address);
  const sent = await server.ended;
  expect(got.stdout).toBe(sent.stdout);
  expect(got.stdout).toMatch(/^[0-9a-f]{64}$/m);
}

/** Until the first answer, ends may still be looking for each other's addresses; a busy machine takes its time over that. */
async function reach(address: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) if ((await lab.finish('client', 'ping', '-c', '1', '-W', '1', address)).code === 0) return;
  throw new Error(`${address} cannot be reached`);
}

describe.skipIf(!usable)('a bump in the wire', () => {
  it.each([
    ['2 KiB slots: long TCP packets are cut', 'slots: 2048', 'separate'],
    ['128 KiB slots: long TCP packets pass whole', 'slots: 512, slotBytes: 131072', 'separate'],
    ['2 KiB slots and one thread', 'slots: 2048', 'one'],
    ['128 KiB slots and one thread', 'slots: 512, slotBytes: 131072', 'one'],
  ])('carries ping, ping6 and TCP between offloading interfaces, with %s', async (_, memory, threads) => {
    cables();
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET, memory, threads), '--json');
    const leaked = descriptorsOf(millrace.child.pid!).length;
    for (const address of ['10.0.0.3', 'fd00::3']) {
      await reach(address);
      expect(await lab.pings('client', '-c', '3', address)).toContain(' 0% packet loss');
      await transfer(address, 4 << 20);
    }
    expect(leaked).toBe(descriptorsOf(millrace.child.pid!).length);
    const report = await reportOf(millrace);
    expect([lab.checksumErrors('client'), lab.checksumErrors('server')]).toEqual([0, 0]);
    expect(Object.keys(report.drops).filter((reason) => reason !== 'no-free-slot')).toEqual([]);
    expect(report.ports.outside.received).toBeGreaterThan(100);
    const kinds = threads === 'one' ? ['manager'] : ['manager', 'vm', 'port-receive', 'port-send', 'port-receive', 'port-send'];
    expect(report.threads.map(({ kind }) => kind)).toEqual(kinds);
    // Each had work, and none more than there was time: sampling may be a millisecond out.
    for (const { name, kind, busyMs } of report.threads) expect(busyMs > 0 && busyMs <= report.durationMs + 2, `${name} ${kind} ${busyMs}`).toBe(true);
  });

  it('keeps VLAN tags, which the kernel takes out of frames', async (context) => {
    cables();
    try {
      lab.run('middle', 'ip', 'link', 'add', 'link', 'inside', 'name', 'probe.7', 'type', 'vlan', 'id', '7');
      lab.run('middle', 'ip', 'link', 'del', 'probe.7');
    } catch {
      context.skip('this kernel has no VLAN interfaces');
    }
    for (const [name, address] of [['client', '10.7.0.2/24'], ['server', '10.7.0.3/24']] as const) {
      lab.run(name, 'ip', 'link', 'add', 'link', 'net0', 'name', 'net0.7', 'type', 'vlan', 'id', '7');
      lab.run(name, 'ip', 'link', 'set', 'net0.7', 'up');
      lab.address(name, 'net0.7', address);
    }
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET), '--json');
    expect(await lab.pings('client', '-c', '2', '10.7.0.3')).toContain(' 0% packet loss');
    await transfer('10.7.0.3', 1 << 20);
    await reportOf(millrace);
    expect([lab.checksumErrors('client'), lab.checksumErrors('server')]).toEqual([0, 0]);
  });

  it.each(['separate', 'one'])('tells of an interface that goes away, and goes on when it is there again (threads: %s)', async (threads) => {
    cables();
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET, 'slots: 1024', threads), '--json');
    lab.run('middle', 'ip', 'link', 'del', 'outside');
    await millrace.says(/down: port 'outside': the interface 'outside' is down or gone/);
    expect((await lab.finish('middle', process.execPath, 'dist/cli/main.js', 'ps')).stdout).toMatch(/ inside +af-packet .*\n.* outside \(down\) +af-packet /);
    lab.cable(['server', 'net0'], ['middle', 'outside']);
    lab.address('server', 'net0', '10.0.0.3/24');
    await millrace.says(/up: port 'outside'/);
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    await reportOf(millrace);
  });

  it.each(['separate', 'one'])('drops what should leave by a cable whose other end is down, and says so (threads: %s)', async (threads) => {
    cables();
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET, 'slots: 1024', threads), '--json');
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    lab.run('server', 'ip', 'link', 'set', 'net0', 'down');
    await millrace.says(/down: port 'outside': the interface 'outside' has no carrier/);
    expect((await lab.finish('middle', process.execPath, 'dist/cli/main.js', 'ps')).stdout).toMatch(/ inside +af-packet .*\n.* outside \(down\) +af-packet /);
    // Its neighbour entry would time out meanwhile on a slow machine.
    lab.run('client', 'ip', 'neigh', 'change', '10.0.0.3', 'dev', 'net0', 'nud', 'permanent');
    expect((await lab.finish('client', 'ping', '-c', '6', '-i', '0.2', '-W', '1', '10.0.0.3')).code).toBe(1);
    lab.run('server', 'ip', 'link', 'set', 'net0', 'up');
    await millrace.says(/up: port 'outside': the interface 'outside' is there again/);
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    const { ports, drops } = await reportOf(millrace);
    expect(drops['port-down'], JSON.stringify(drops)).toBeGreaterThanOrEqual(5);
    expect(ports.outside.down).toBeUndefined();
  });

  it.each(['separate', 'one'])('counts to the last frame what a flood brings that neither the chain nor the system has room for (threads: %s)', async (threads) => {
    threeNamespaces();
    // Nothing may talk here but the flood.
    for (const name of ['client', 'middle', 'server']) lab.run(name, 'sh', '-c', 'for each in all default; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done');
    lab.cable(['client', 'net0'], ['middle', 'inside']);
    lab.cable(['server', 'net0'], ['middle', 'outside']);
    lab.address('client', 'net0', '10.0.0.2/24');
    lab.run('client', 'ip', 'neighbour', 'add', '10.0.0.3', 'lladdr', '02:00:00:00:00:03', 'dev', 'net0');
    const go = `${lab.folder}/go`;
    lab.write('slow.mjs', `
      import { existsSync } from 'node:fs';
      import { defineNetworkFunction, forward } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      const word = new Int32Array(new SharedArrayBuffer(4));
      export const slow = defineNetworkFunction(import.meta.url, { name: 'slow', options, create: () => {
        let packets = 0;
        return () => {
          if (packets++ === 0) while (!existsSync(${JSON.stringify(go)})) Atomics.wait(word, 0, 0, 10);
          return forward;
        };
      } });`);
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET, 'slots: 64', threads).replace(/wire: \[.*\]/, 'wire: [{ slow: { from: ./slow.mjs } }]'), '--json');
    const residentKiB = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${millrace.child.pid}/status`, 'utf8'))![1]);
    const stats = async (): Promise<Report> => {
      const { code, stdout, stderr } = await lab.finish('middle', process.execPath, 'dist/cli/main.js', 'stats', 'middle', '--json');
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as Report;
    };
    const before = residentKiB();
    // As fast as it can: more than the 32 MiB that the system keeps for a socket.
    const flooding = lab.finish('client', process.execPath, '-e', `const s=require('dgram').createSocket('udp4');const b=Buffer.alloc(1400);let sent=0;
      s.connect(9,'10.0.0.3',()=>{const go=()=>{let due=100;for(let k=0;k<100;k++)s.send(b,(e)=>{if(e)throw e;sent++;if(--due===0){if(sent<${FLOOD})go();else{console.log(sent);s.close()}}})};go()})`);
    // While the chain stands still, it is told what is lost; one thread for all stands still too, and asks nobody.
    let meanwhile = await stats();
    while (threads === 'separate' && (meanwhile.drops['ingress-overflow'] ?? 0) === 0) meanwhile = await stats();
    expect(meanwhile.ports.outside.transmitted).toBe(0);
    expect((await flooding).stdout).toBe(`${FLOOD}\n`);
    expect(residentKiB() - before).toBeLessThan(64 * 1024);
    lab.write('go', '');
    // Sockets of the system: protocol, interface, bytes that wait.
    const waiting = (): number => lab.run('middle', 'cat', '/proc/net/packet').split('\n').slice(1).reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[6] ?? 0), 0);
    for (const until = Date.now() + 30_000; waiting() > 0 && Date.now() < until; ) await pause(20);
    const [{ stats64 }] = JSON.parse(lab.run('client', 'ip', '-j', '-s', 'link', 'show', 'net0')) as [{ stats64: { tx: { packets: number; dropped: number } } }];
    const report = await reportOf(millrace);
    const { received, drops } = report.ports.inside;
    // A cable of a machine that is busy may lose some before they are there.
    expect(received).toBe(FLOOD - stats64.tx.dropped);
    expect(stats64.tx.packets).toBe(received);
    expect(drops['ingress-overflow']).toBeGreaterThan(1000);
    expect(Object.values(drops).reduce((sum, each) => sum + each, 0) + report.ports.outside.transmitted, JSON.stringify(report.ports)).toBe(received);
    expect(report.ports.outside.received).toBe(0);
  });

  it('is named where its port throws in the one thread, and the packet manager that shares the thread settles the books', async () => {
    cables();
    // A function in that thread takes away, for one look, a clock that only receiving halves read.
    lab.write('thief.mjs', `
      import { defineNetworkFunction, forward } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      export const thief = defineNetworkFunction(import.meta.url, { name: 'thief', options, create: () => {
        const { now } = performance;
        const theft = () => { performance.now = now; throw new Error('the clock is gone'); };
        let packets = 0;
        return () => {
          if (packets++ === 0) performance.now = theft;
          return forward;
        };
      } });`);
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET, 'slots: 1024', 'one').replace(/wire: \[.*\]/, 'wire: [{ thief: { from: ./thief.mjs } }]'), '--json');
    lab.start('server', 'ping', '-c', '3', '-W', '1', '10.0.0.2');
    const { code, stdout } = await millrace.ended;
    expect(code).toBe(1);
    const { error, ledger } = JSON.parse(stdout) as Report;
    expect(['inside', 'outside']).toContain(error?.port);
    expect(error!.message).toBe(`port '${error!.port}' failed: the clock is gone`);
    expect(ledger).toMatchObject({ balanced: true, inFlight: 0 });
    expect(ledger.received).toBeGreaterThan(0);
  });

  it('is named where its port cannot be made in the one thread, as in threads of their own', async () => {
    cables();
    // A function in that thread has the next piece of shared memory refused: a port asks for it.
    lab.write('miser.mjs', `
      import { defineNetworkFunction, forward } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      export const miser = defineNetworkFunction(import.meta.url, { name: 'miser', options, create: () => {
        const whole = globalThis.SharedArrayBuffer;
        globalThis.SharedArrayBuffer = function () { globalThis.SharedArrayBuffer = whole; throw new RangeError('no memory left'); };
        return () => forward;
      } });`);
    const file = lab.write('middle.yaml', chainFile(...AF_PACKET, 'slots: 1024', 'one').replace(/wire: \[.*\]/, 'wire: [{ miser: { from: ./miser.mjs } }]'));
    const { code, stdout } = await lab.start('middle', process.execPath, 'dist/cli/main.js', 'run', file, '--json').ended;
    expect([code, JSON.parse(stdout)]).toEqual([1, { ok: false, error: { message: "port 'inside' failed: no memory left", port: 'inside' } }]);
  });

  it('prints statistics at SIGUSR2, takes its file again at SIGHUP, and ends at SIGTERM', async () => {
    cables();
    const open = chainFile(...AF_PACKET);
    const millrace = await lab.millrace('middle', open);
    const { pid } = millrace.child;
    const node = readdirSync(`/proc/${pid}/task`).length > 4 ? pid! : Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
    process.kill(node, 'SIGUSR2');
    await millrace.says(/Ledger +received/);
    lab.write('middle.yaml', open.replace('default: allow', 'default: deny').replace('allow any', "'deny icmp'"));
    process.kill(node, 'SIGHUP');
    await millrace.says(/reloaded: new options for firewall/);
    expect((await lab.finish('client', 'ping', '-c', '1', '-W', '1', '10.0.0.3')).code).toBe(1);
    lab.write('middle.yaml', open.replace('slots: 1024', 'slots: 1'));
    process.kill(node, 'SIGHUP');
    await millrace.says(/not reloaded: the chain runs on as it was/);
    process.kill(node, 'SIGTERM');
    const { code, stdout } = await millrace.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/firewall-(denied|default)/);
    expect(stdout).toContain('balanced');
  });

  it('ends by itself after --duration', async () => {
    cables();
    const millrace = await lab.millrace('middle', chainFile(...AF_PACKET), '--duration', '1s');
    const { code, stdout } = await millrace.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('balanced');
  });
});

describe.skipIf(!usable)('other ends', () => {
  it('are a TAP interface of the middle and a VXLAN interface of the kernel', async () => {
    threeNamespaces();
    lab.cable(['middle', 'underlay'], ['server', 'underlay']);
    lab.address('middle', 'underlay', '192.0.2.1/24');
    lab.address('server', 'underlay', '192.0.2.2/24');
    lab.run('server', 'ip', 'link', 'add', 'net0', 'type', 'vxlan', 'id', '42', 'remote', '192.0.2.1', 'dstport', '4789');
    lab.run('server', 'ip', 'link', 'set', 'net0', 'mtu', '1450', 'up');
    lab.address('server', 'net0', '10.0.0.3/24');
    const millrace = await lab.millrace('middle', chainFile('{ kind: tap, interface: tap0 }', '{ kind: vxlan, vni: 42, remote: 192.0.2.2 }'), '--json');
    lab.run('middle', 'ip', 'link', 'set', 'tap0', 'mtu', '1450', 'netns', lab.full('client'));
    lab.run('client', 'ip', 'link', 'set', 'tap0', 'up');
    lab.address('client', 'tap0', '10.0.0.2/24');
    expect(await lab.pings('client', '-c', '3', '10.0.0.3')).toContain(' 0% packet loss');
    await transfer('10.0.0.3', 2 << 20);
    await reportOf(millrace);
    expect([lab.checksumErrors('client'), lab.checksumErrors('server')]).toEqual([0, 0]);
  });

  it.each(['separate', 'one'])('are two TUN interfaces, which carry IP packets without a link header (threads: %s)', async (threads) => {
    threeNamespaces();
    const millrace = await lab.millrace('middle', chainFile('{ kind: tun, interface: tun0 }', '{ kind: tun, interface: tun1 }', 'slots: 512, slotBytes: 131072', threads), '--json');
    for (const [name, device, address] of [['client', 'tun0', '10.0.0.2/24'], ['server', 'tun1', '10.0.0.3/24']] as const) {
      lab.run('middle', 'ip', 'link', 'set', device, 'netns', lab.full(name));
      lab.run(name, 'ip', 'link', 'set', device, 'up');
      lab.address(name, device, address);
    }
    expect(await lab.pings('client', '-c', '3', '10.0.0.3')).toContain(' 0% packet loss');
    await transfer('10.0.0.3', 4 << 20);
    // In whatever namespace it is by now. It may have been seen down while it moved there.
    const times = (what: string): number => millrace.stderr.split(`${what}: port 'outside'`).length - 1;
    const [downs, ups] = [times('down'), times('up')];
    lab.run('server', 'ip', 'link', 'set', 'tun1', 'down');
    await millrace.says(new RegExp(`(?:down: port 'outside': the interface 'tun1' is down; the port waits for it[^]*){${downs + 1}}`));
    expect((await lab.finish('client', 'ping', '-c', '3', '-i', '0.2', '-W', '1', '10.0.0.3')).code).toBe(1);
    lab.run('server', 'ip', 'link', 'set', 'tun1', 'up');
    await millrace.says(new RegExp(`(?:up: port 'outside'[^]*){${ups + 1}}`));
    expect(await lab.pings('client', '-c', '2', '10.0.0.3')).toContain(' 0% packet loss');
    expect((await reportOf(millrace)).drops['port-down']).toBeGreaterThanOrEqual(3);
    expect([lab.checksumErrors('client'), lab.checksumErrors('server')]).toEqual([0, 0]);
  });
});

describe.skipIf(!usable)('what is missing', () => {
  it('is said for every port at once, with what to do', async () => {
    cables();
    lab.run('middle', 'ip', 'link', 'set', 'inside', 'down');
    const file = lab.write('bad.yaml', chainFile('{ kind: af-packet, interface: inside }', '{ kind: af-packet, interface: nowhere }'));
    const { code, stderr } = await lab.finish('middle', process.execPath, 'dist/cli/main.js', 'run', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/the interface 'inside' is down[^]*ip link set inside up[^]*there is no interface 'nowhere'/);
  });

  it('is a capability, for who is not root', async () => {
    cables();
    const file = lab.write('middle.yaml', chainFile('{ kind: tap, interface: tap0 }', '{ kind: af-packet, interface: outside }'));
    const { code, stderr } = await lab.finish('middle', 'setpriv', '--bounding-set=-all', '--inh-caps=-all', process.execPath, 'dist/cli/main.js', 'run', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/permission-missing[^]*CAP_NET_ADMIN[^]*permission-missing[^]*CAP_NET_RAW/);
    await pause(0);
  });
});

const canSetPrivileges = usable && canUseNamespaces('setpriv');
describe.skipIf(!canSetPrivileges)('privileges', () => {
  /** `millrace run` with these capabilities and no others. */
  const withOnly = (capabilities: readonly string[], yaml: string): Program => {
    const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
    return lab.start('middle', 'setpriv', `--inh-caps=${set}`, `--bounding-set=${set}`, process.execPath, 'dist/cli/main.js', 'run', lab.write('edge.yaml', yaml));
  };

  it('with CAP_NET_RAW alone, packet sockets work, and it says what CAP_NET_ADMIN would add', async () => {
    cables();
    const millrace = withOnly(['net_raw'], chainFile(...AF_PACKET));
    await millrace.says(/running:/);
    expect(millrace.stderr).toContain("needs: CAP_NET_RAW to open packet sockets (inside, outside); CAP_NET_ADMIN for socket buffers beyond the system's limit (inside, outside; works without; this process does not have it)\n");
    await reach('10.0.0.3');
    millrace.signal('SIGTERM');
    expect((await millrace.ended).code).toBe(0);
  });

  it('with CAP_NET_RAW and CAP_NET_ADMIN, all kinds work', async () => {
    cables();
    const millrace = withOnly(['net_raw', 'net_admin'], chainFile(AF_PACKET[0], '{ kind: tap, interface: tap7 }'));
    await millrace.says(/running:/);
    expect(millrace.stderr).toMatch(/^needs: CAP_NET_RAW .*\(inside\); CAP_NET_ADMIN to make TAP and TUN interfaces \(outside\); CAP_NET_ADMIN for/);
    millrace.signal('SIGTERM');
    expect((await millrace.ended).code).toBe(0);
  });

  it('without them, each port says which one it misses', async () => {
    cables();
    const { code, stderr } = await withOnly([], chainFile(AF_PACKET[0], '{ kind: tap, interface: tap7 }')).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/ports\.inside {2}\[permission-missing\][^]*CAP_NET_RAW[^]*ports\.outside {2}\[permission-missing\][^]*CAP_NET_ADMIN/);
  });
});
