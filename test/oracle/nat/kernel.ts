/**
 * The kernel's NAT as a box with two links: a network namespace that routes between two veth pairs, whose far ends lie in
 * another namespace and are read and written by wire.py. It needs root, ip, nft and python3.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { udp } from '../../nf/nat/packets.js';
import type { Box, Side } from './box.js';

const ROUTER = 'nat-oracle-router';
const HOSTS = 'nat-oracle-hosts';
const INSIDE_GATEWAY = '10.255.255.254';
const OUTSIDE_GATEWAY = '203.0.113.254';

/** Masquerading with two forwarded ports and a static translation, and what turns back gets the external source. */
const RULES = `
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr 203.0.113.1 tcp dport 8080 dnat to 10.0.0.7:80
    ip daddr 203.0.113.1 udp dport 8053 dnat to 10.0.0.7:53
    ip daddr 203.0.113.9 dnat to 10.0.0.9
  }
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr 10.0.0.9 snat to 203.0.113.9
    iifname "in0" oifname "in0" snat to 203.0.113.1
    oifname "out0" masquerade
  }
}
table ip own {
  chain input { type filter hook input priority filter; policy drop; }
}
`;

const SETTINGS = [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  'net.ipv4.icmp_ratelimit=0',
  'net.netfilter.nf_conntrack_udp_timeout=2',
  'net.netfilter.nf_conntrack_udp_timeout_stream=2',
  'net.netfilter.nf_conntrack_tcp_timeout_close=1',
  'net.netfilter.nf_conntrack_tcp_be_liberal=1',
  'net.netfilter.nf_conntrack_checksum=1',
];

/** What is always let through: out by a mapping that nobody else uses, and in without one. See wire.py. */
const MARK = 'nat-oracle-sentinel';
const SENTINELS = {
  inside: udp({ source: '10.0.0.250', sourcePort: 9, destination: '198.18.0.1', destinationPort: 9 }, MARK),
  outside: udp({ source: '198.18.0.2', sourcePort: 9, destination: '10.0.0.250', destinationPort: 19 }, MARK),
} as const;

/** Addressed to the router's end of a link. */
function addressed(side: Side, frame: Uint8Array): string {
  const copy = Uint8Array.from(frame);
  copy.set([2, 0, 0, 0, 0, side === 'inside' ? 0x11 : 0x12], 0);
  return Buffer.from(copy).toString('hex');
}

const ip = (...words: string[]): void => void execFileSync('ip', words, { stdio: 'pipe' });
const inside = (namespace: string, ...words: string[]): void => void execFileSync('ip', ['netns', 'exec', namespace, ...words], { stdio: 'pipe' });

/** Why there can be no kernel NAT here; null when there can. */
export function missing(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'root on Linux';
  for (const [program, option] of [['ip', '-V'], ['nft', '-v'], ['python3', '-V']]) if (spawnSync(program, [option]).status !== 0) return program;
  const probe = spawnSync('ip', ['netns', 'add', `${ROUTER}-probe`]);
  if (probe.status !== 0) return 'network namespaces';
  ip('netns', 'delete', `${ROUTER}-probe`);
  return null;
}

export class KernelBox implements Box {
  readonly name = 'kernel';
  readonly #wire: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(wire: ChildProcessWithoutNullStreams) {
    this.#wire = wire;
    this.#lines = createInterface({ input: wire.stdout })[Symbol.asyncIterator]();
  }

  static async build(): Promise<KernelBox> {
    KernelBox.destroy();
    for (const namespace of [ROUTER, HOSTS]) ip('netns', 'add', namespace);
    for (const [own, far] of [['in0', 'in1'], ['out0', 'out1']]) {
      ip('link', 'add', own, 'netns', ROUTER, 'type', 'veth', 'peer', 'name', far, 'netns', HOSTS);
      inside(ROUTER, 'ip', 'link', 'set', own, 'up', 'address', own === 'in0' ? '02:00:00:00:00:11' : '02:00:00:00:00:12');
      inside(HOSTS, 'ip', 'link', 'set', far, 'up', 'address', '02:00:00:00:00:02');
    }
    for (const setting of SETTINGS) inside(ROUTER, 'sysctl', '-qw', setting);
    for (const [device, address] of [['in0', '10.255.255.253/30'], ['out0', '203.0.113.1/24']]) inside(ROUTER, 'ip', 'address', 'add', address, 'dev', device);
    for (const [gateway, device, destination] of [[INSIDE_GATEWAY, 'in0', '10.0.0.0/8'], [OUTSIDE_GATEWAY, 'out0', 'default']]) {
      inside(ROUTER, 'ip', 'neigh', 'add', gateway, 'lladdr', '02:00:00:00:00:02', 'dev', device, 'nud', 'permanent');
      inside(ROUTER, 'ip', 'route', 'add', destination, 'via', gateway, 'dev', device);
    }
    execFileSync('ip', ['netns', 'exec', ROUTER, 'nft', '-f', '-'], { input: RULES });
    const wire = spawn('ip', ['netns', 'exec', HOSTS, 'python3', fileURLToPath(new URL('wire.py', import.meta.url)), 'in1', 'out1']);
    const box = new KernelBox(wire);
    await box.#lines.next();
    return box;
  }

  send(side: Side, frame: Uint8Array): Promise<Record<Side, Uint8Array[]>> {
    return this.#order({ side, frame: addressed(side, frame), sentinel: addressed(side, SENTINELS[side]) });
  }

  async pass(milliseconds: number): Promise<void> {
    await this.#order({ waitMs: milliseconds });
  }

  close(): void {
    this.#wire.stdin.end();
    this.#wire.kill();
    KernelBox.destroy();
  }

  static destroy(): void {
    for (const namespace of [ROUTER, HOSTS]) spawnSync('ip', ['netns', 'delete', namespace]);
  }

  async #order(order: object): Promise<Record<Side, Uint8Array[]>> {
    this.#wire.stdin.write(`${JSON.stringify(order)}\n`);
    const { value } = (await this.#lines.next()) as { value: string };
    const seen = JSON.parse(value) as Record<Side, string[]> & { lost?: true };
    if (seen.lost === true) throw new Error('the kernel let the sentinel not through: its namespaces are not what they should be');
    const bytes = (texts: string[]): Uint8Array[] => texts.map((text) => Uint8Array.from(Buffer.from(text, 'hex')));
    return { inside: bytes(seen.inside), outside: bytes(seen.outside) };
  }
}
