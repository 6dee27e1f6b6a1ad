/**
 * Millrace as the router of a network: client - Millrace - the provider's router - server, each cable a network of its own, with
 * firewall, NAT and DPI between. Then a leg on a VXLAN tunnel and one on a TUN interface. After each: the ledger balances, and
 * every drop is one that was meant.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../tidy/source-files.js';
import { Lab, canUseNamespaces, reportOf, type Program } from './lab.js';

const usable = canUseNamespaces('ping', 'curl', 'nginx', 'nstat', 'tcpdump');
const canTrace = usable && canUseNamespaces('traceroute');
const SERVER = '192.0.2.2';
const SERVER6 = '2001:db8:1::2';
const FILE_BYTES = 3_000_000;
const OUTSIDE_MTU = 1400;
/** What hosts say by themselves, and what the tests send to see it dropped. */
const MEANT = [
  'taken-by-router', 'not-for-router', 'not-routable', 'router-ttl', 'mtu-exceeded', 'router-destination', 'router-no-route', 'neighbour-unresolved',
  'firewall-denied', 'nat-no-binding', 'no-path',
];

describe.skipIf(!usable)('examples/live', () => {
  it.each([
    ['router.sh', [/2 packets transmitted, 2 received[^]*2 packets transmitted, 2 received[^]*2 packets transmitted, 2 received/, /From 10\.0\.0\.1 icmp_seq=1 Time to live exceeded/, /client: 10485760 bytes/, /a request from 198\.51\.100\.1\n/, /client: port 81 is denied/, /provider: nobody outside reaches the client/, /router-ttl +1 /]],
    ['run.sh', [/3 packets transmitted, 3 received/, /client: 104857600 bytes/, /a request from 203\.0\.113\.1\n/, /client: port 81 is denied/]],
  ] as const)('%s sends real traffic through, reports, and leaves nothing behind', async (script, says) => {
    const child = spawn(`${ROOT}examples/live/${script}`, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code, text).toBe(0);
    for (const pattern of [...says, /in flight 0\n +balanced\n/]) expect(text).toMatch(pattern);
    expect(spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout).not.toContain(`-${child.pid}`);
  });
});

let lab: Lab;
let millrace: Program;

const EDGE = `
ports:
  inside: { kind: af-packet, interface: inside, addresses: [10.0.0.1/24, 'fd00::1/64'] }
  outside:
    kind: af-packet
    interface: outside
    addresses: [198.51.100.1/24, '2001:db8::1/64']
    mtu: ${OUTSIDE_MTU}
    routes: [{ to: default, via: 198.51.100.254 }, { to: default, via: '2001:db8::fe' }]
    clampMss: true
chains:
  edge:
    - firewall: { rules: [allow out any, allow in icmp, deny in any] }
    - nat: { external: 198.51.100.1 }
    - dpi: { signatures: [${ROOT}examples/signatures.yaml] }
paths: [{ between: [inside, outside], via: edge }]
memory: { slots: 1024, slotBytes: 131072 }
`;

function host(name: string, device: string, ...addresses: readonly string[]): void {
  lab.address(name, device, ...addresses);
}

const openChain = (inside: string, outside: string, memory = 'slots: 1024', threads = 'separate'): string => `
ports: { inside: ${inside}, outside: ${outside} }
chains: { open: [{ firewall: { rules: [allow any], default: allow } }] }
paths: [{ between: [inside, outside], via: open }]
memory: { ${memory} }
threads: ${threads}
`;

function network(): void {
  for (const name of ['client', 'middle', 'provider', 'server']) lab.namespace(name);
  lab.cable(['client', 'net0'], ['middle', 'inside']);
  lab.cable(['provider', 'net0'], ['middle', 'outside']);
  lab.cable(['provider', 'net1'], ['server', 'net0']);
  host('client', 'net0', '10.0.0.2/24', 'fd00::2/64');
  host('provider', 'net0', '198.51.100.254/24', '2001:db8::fe/64');
  host('provider', 'net1', '192.0.2.1/24', '2001:db8:1::1/64');
  host('server', 'net0', `${SERVER}/24`, `${SERVER6}/64`);
  for (const key of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']) lab.run('provider', 'sysctl', '-qw', `${key}=1`);
  lab.run('provider', 'ip', '-6', 'route', 'add', 'fd00::/64', 'via', '2001:db8::1');
  for (const [name, four, six] of [['client', '10.0.0.1', 'fd00::1'], ['server', '192.0.2.1', '2001:db8:1::1']] as const) {
    lab.run(name, 'ip', 'route', 'add', 'default', 'via', four);
    lab.run(name, 'ip', '-6', 'route', 'add', 'default', 'via', six);
  }
}

async function webServer(address: string): Promise<void> {
  const { folder } = lab;
  lab.run('server', 'sh', '-c', `head -c ${FILE_BYTES} /dev/urandom > ${folder}/large; echo small > ${folder}/small; chmod 755 ${folder}`);
  lab.start('server', 'nginx', '-e', 'stderr', '-c', lab.write('nginx.conf', `daemon off; user root; pid ${folder}/nginx.pid; worker_processes 1;
    events { worker_connections 512; }
    http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server { listen 80; listen [::]:80; root ${folder}; } }`));
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    if ((await lab.finish('server', 'curl', '-s', '-o', '/dev/null', `http://${address}/small`)).code === 0) return;
  }
  throw new Error('nginx does not answer');
}

const hash = (name: string, path: string): string => lab.run(name, 'sha256sum', path).split(' ')[0];
const urlOf = (address: string, file: string): string => `http://${address.includes(':') ? `[${address}]` : address}/${file}`;
/** A busy machine may take its time over the first answer. */
async function reach(address: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) if ((await lab.finish('client', 'ping', '-c', '1', '-W', '1', address)).code === 0) return;
  throw new Error(`${address} cannot be reached`);
}

describe.skipIf(!usable)('a router between networks', () => {
  beforeAll(async () => {
    lab = new Lab();
    network();
    await webServer(SERVER);
    millrace = await lab.millrace('middle', EDGE, '--json');
  });
  afterAll(async () => { await lab.close(); });

  it.each(['10.0.0.1', 'fd00::1'])('answers ping to its own address %s', async (address) => {
    await reach(address);
    expect(await lab.pings('client', '-c', '3', address)).toContain(' 0% packet loss');
  });

  it('answers ping to the address that NAT translates to, from outside', async () => {
    expect(await lab.pings('provider', '-c', '2', '198.51.100.1')).toContain(' 0% packet loss');
  });

  it.each([SERVER, SERVER6])('routes ping to %s, and takes one off the TTL', async (address) => {
    await reach(address);
    const stdout = await lab.pings('client', '-c', '3', address);
    expect(stdout).toContain(' 0% packet loss');
    // The server sends 64; the provider's router and Millrace take one each.
    expect(stdout).toContain('ttl=62');
  });

  it.each([SERVER, SERVER6])('curl fetches a file from %s, byte for byte', async (address) => {
    const { code, stderr } = await lab.finish('client', 'curl', '-s', '-S', '-m', '50', '-o', `${lab.folder}/got`, urlOf(address, 'large'));
    expect(code, stderr).toBe(0);
    expect(hash('client', `${lab.folder}/got`)).toBe(hash('server', `${lab.folder}/large`));
  });

  it('lowers the segment size that both ends announce', async () => {
    const seen = lab.start('server', 'tcpdump', '-l', '-n', '-v', '-i', 'net0', '-c', '2', 'tcp[tcpflags] & tcp-syn != 0');
    await seen.says(/listening on/);
    const back = lab.start('client', 'tcpdump', '-l', '-n', '-v', '-i', 'net0', '-c', '2', 'tcp[tcpflags] & tcp-syn != 0');
    await back.says(/listening on/);
    expect((await lab.finish('client', 'curl', '-s', '-o', '/dev/null', urlOf(SERVER, 'small'))).code).toBe(0);
    expect((await seen.ended).stdout).toMatch(/Flags \[S\][^]*mss 1360/);
    expect((await back.ended).stdout).toMatch(/Flags \[S\.\][^]*mss 1360/);
  });

  it.each([[SERVER, '1472', 'Frag needed'], [SERVER6, '1452', 'Packet too big']])('tells who sends too long packets to %s the MTU', async (address, size, says) => {
    const { stdout, stderr } = await lab.finish('client', 'ping', '-c', '1', '-W', '1', '-M', 'do', '-s', size, address);
    expect(stdout + stderr).toContain(says);
    expect(stdout + stderr).toMatch(/mtu[ =:]+1400/);
    // The host has learnt it, and TCP keeps to it.
    expect((await lab.finish('client', 'ip', 'route', 'get', address)).stdout).toContain('mtu 1400');
    expect((await lab.finish('client', 'curl', '-s', '-m', '20', '-o', '/dev/null', urlOf(address, 'large'))).code).toBe(0);
  });

  it('sends in fragments what may be fragmented', async () => {
    lab.run('client', 'ip', 'route', 'flush', 'cache');
    const stdout = await lab.pings('client', '-c', '2', '-M', 'dont', '-s', '1450', '-p', 'a5', SERVER);
    expect(stdout).toContain(' 0% packet loss');
  });

  it.skipIf(!canTrace).each([['-I', SERVER], ['-U', SERVER], ['-6', SERVER6]])('traceroute %s %s shows it first, then the provider', async (flag, address) => {
    const { stdout } = await lab.finish('client', 'traceroute', '-n', '-q', '1', '-w', '2', '-m', '5', flag, address);
    const hops = [...stdout.matchAll(/^ *\d+ +(\S+)/gm)].map(([, hop]) => hop);
    expect(hops).toEqual(address === SERVER ? ['10.0.0.1', '198.51.100.254', SERVER] : ['fd00::1', '2001:db8::fe', SERVER6]);
  });

  it('says when nobody is there, and refuses connections to itself', async () => {
    const { stdout } = await lab.finish('client', 'ping', '-c', '1', '-W', '6', '198.51.100.77');
    expect(stdout).toContain('From 10.0.0.1 icmp_seq=1 Destination Host Unreachable');
    const refused = await lab.finish('client', 'curl', '-s', '-m', '5', '-o', '/dev/null', 'http://10.0.0.1/');
    expect(refused.code).toBe(7);
  });

  it('and then the books balance, no host saw a wrong checksum, and every drop was meant', async () => {
    const report = await reportOf(millrace);
    // The provider's router counts a TTL that ends there among errors of the header.
    expect(['client', 'server'].map((name) => lab.checksumErrors(name))).toEqual([0, 0]);
    for (const reason of ['mtu-exceeded', 'neighbour-unresolved', 'router-destination']) expect(report.drops[reason]).toBeGreaterThan(0);
    if (canTrace) expect(report.drops['router-ttl']).toBeGreaterThan(0);
    expect(Object.keys(report.drops).filter((reason) => !MEANT.includes(reason)), JSON.stringify(report.drops)).toEqual([]);
    expect(report.bytesCopied).toBe(0);
  });
});

describe.skipIf(!usable)('other legs', () => {
  afterEach(async () => { await lab.close(); });

  it('are a VXLAN tunnel and a TAP interface, in slots that hold no long packets', async () => {
    lab = new Lab();
    for (const name of ['client', 'middle', 'server']) lab.namespace(name);
    lab.cable(['middle', 'underlay'], ['server', 'underlay']);
    lab.address('middle', 'underlay', '192.0.2.1/24');
    lab.address('server', 'underlay', '192.0.2.2/24');
    lab.run('server', 'ip', 'link', 'add', 'net0', 'type', 'vxlan', 'id', '42', 'remote', '192.0.2.1', 'dstport', '4789');
    lab.run('server', 'ip', 'link', 'set', 'net0', 'mtu', '1450', 'up');
    host('server', 'net0', '10.1.0.2/24', 'fd01::2/64');
    const program = await lab.millrace('middle', openChain(
      "{ kind: tap, interface: tap0, addresses: [10.0.0.1/24, 'fd00::1/64'] }",
      "{ kind: vxlan, vni: 42, remote: 192.0.2.2, addresses: [10.1.0.1/24, 'fd01::1/64'], mac: '02:00:00:00:00:42', clampMss: 1300 }",
    ), '--json');
    lab.run('middle', 'ip', 'link', 'set', 'tap0', 'netns', lab.full('client'));
    lab.run('client', 'ip', 'link', 'set', 'tap0', 'up');
    host('client', 'tap0', '10.0.0.2/24', 'fd00::2/64');
    for (const [name, four, six] of [['client', '10.0.0.1', 'fd00::1'], ['server', '10.1.0.1', 'fd01::1']] as const) {
      lab.run(name, 'ip', 'route', 'add', 'default', 'via', four);
      lab.run(name, 'ip', '-6', 'route', 'add', 'default', 'via', six);
    }
    await webServer('10.1.0.2');
    for (const address of ['10.1.0.1', '10.1.0.2', 'fd01::2']) await reach(address);
    expect(lab.run('server', 'ip', 'neighbour', 'show', '10.1.0.1')).toContain('02:00:00:00:00:42');
    for (const address of ['10.1.0.2', 'fd01::2']) {
      expect((await lab.finish('client', 'curl', '-s', '-m', '50', '-o', `${lab.folder}/got`, urlOf(address, 'large'))).code).toBe(0);
      expect(hash('client', `${lab.folder}/got`)).toBe(hash('server', `${lab.folder}/large`));
    }
    const stdout = await lab.pings('client', '-c', '2', '-M', 'dont', '-s', '1450', '10.1.0.2');
    expect(stdout).toContain(' 0% packet loss');
    const report = await reportOf(program);
    expect(['client', 'server'].map((name) => lab.checksumErrors(name))).toEqual([0, 0]);
    expect(Object.keys(report.drops).filter((reason) => ![...MEANT, 'no-free-slot'].includes(reason)), JSON.stringify(report.drops)).toEqual([]);
  });

  it.each(['separate', 'one'])('do not start where somebody else has an address of theirs (threads: %s)', async (threads) => {
    lab = new Lab();
    for (const name of ['client', 'middle', 'server']) lab.namespace(name);
    lab.cable(['client', 'net0'], ['middle', 'inside']);
    lab.cable(['server', 'net0'], ['middle', 'outside']);
    host('client', 'net0', '10.0.0.2/24', 'fd00::1/64');
    lab.run('client', 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/net0/arp_accept');
    const run = async (more: string) => {
      const [inside, outside] = [`{ kind: af-packet, interface: inside, addresses: [10.0.0.1/24, 'fd00::1/64']${more} }`, "{ kind: af-packet, interface: outside, addresses: ['fd01::1/64'] }"];
      return lab.finish('middle', process.execPath, 'dist/cli/main.js', 'run', lab.write('taken.yaml', openChain(inside, outside, 'slots: 64', threads)), '--duration', '1s', '--no-control');
    };
    const mac = /link\/ether (\S+)/.exec(lab.run('client', 'ip', 'link', 'show', 'net0'))![1];
    // The answer stands behind much else, while the other link is silent.
    const flood = lab.start('client', 'ping', '-6', '-q', '-i', '0.002', 'ff02::1%net0');
    const refused = await run('');
    flood.signal('SIGINT');
    expect(refused.stderr).toContain(`port 'inside' failed: fd00::1 is in use on its link, by the host with the hardware address ${mac}`);
    expect(refused.code).not.toBe(0);
    // Nobody was told of the other address either.
    const heardOf = () => lab.run('client', 'ip', 'neighbour', 'show', '10.0.0.1');
    expect(heardOf()).not.toContain('lladdr');
    expect((await run(', detectDuplicates: false')).code).toBe(0);
    expect(heardOf()).toContain('lladdr');
  });

  it.each(['separate', 'one'])('are a TUN interface and a packet socket: link headers are put in front of packets and taken off (threads: %s)', async (threads) => {
    lab = new Lab();
    for (const name of ['client', 'middle', 'server']) lab.namespace(name);
    lab.cable(['server', 'net0'], ['middle', 'outside']);
    host('server', 'net0', '10.1.0.2/24', 'fd01::2/64');
    const program = await lab.millrace('middle', openChain(
      "{ kind: tun, interface: tun0, addresses: [10.0.0.1/30, 'fd00::1/64'] }",
      "{ kind: af-packet, interface: outside, addresses: [10.1.0.1/24, 'fd01::1/64'] }",
      'slots: 512, slotBytes: 131072',
      threads,
    ), '--json');
    lab.run('middle', 'ip', 'link', 'set', 'tun0', 'netns', lab.full('client'));
    lab.run('client', 'ip', 'link', 'set', 'tun0', 'up');
    host('client', 'tun0', '10.0.0.2/30', 'fd00::2/64');
    lab.run('client', 'ip', 'route', 'add', 'default', 'dev', 'tun0');
    lab.run('client', 'ip', '-6', 'route', 'add', 'default', 'dev', 'tun0');
    lab.run('server', 'ip', 'route', 'add', 'default', 'via', '10.1.0.1');
    lab.run('server', 'ip', '-6', 'route', 'add', 'default', 'via', 'fd01::1');
    await webServer('10.1.0.2');
    for (const address of ['10.0.0.1', '10.1.0.1', '10.1.0.2', 'fd00::1', 'fd01::2']) await reach(address);
    for (const address of ['10.1.0.2', 'fd01::2']) {
      expect((await lab.finish('client', 'curl', '-s', '-m', '50', '-o', `${lab.folder}/got`, urlOf(address, 'large'))).code).toBe(0);
      expect(hash('client', `${lab.folder}/got`)).toBe(hash('server', `${lab.folder}/large`));
    }
    const report = await reportOf(program);
    expect(['client', 'server'].map((name) => lab.checksumErrors(name))).toEqual([0, 0]);
    expect(Object.keys(report.drops).filter((reason) => !MEANT.includes(reason)), JSON.stringify(report.drops)).toEqual([]);
  });
});
