/**
 * The Linux kernel's firewall between two virtual interfaces of a network namespace of its own, with a table of nftables,
 * and frames sent through it one by one.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INJECT = fileURLToPath(new URL('inject.py', import.meta.url));

/** Tests that need it skip themselves, saying so, where it cannot be had. */
export function hasKernelFirewall(): boolean {
  const missing = [['python3', '--version'], ['nft', '--version'], ['ip', '-V']].filter(([name, option]) => spawnSync(name, [option]).status !== 0).map(([name]) => name);
  if (process.getuid?.() !== 0) missing.push('the rights of root');
  if (missing.length > 0) {
    console.warn(`skipped: the comparison with the kernel's firewall needs ${missing.join(', ')}`);
    return false;
  }
  const name = `mrfw-probe-${process.pid}`;
  const isPossible = spawnSync('ip', ['netns', 'add', name]).status === 0
    && spawnSync('ip', ['netns', 'exec', name, 'nft', 'add', 'table', 'inet', 'probe']).status === 0;
  spawnSync('ip', ['netns', 'del', name]);
  if (!isPossible) console.warn("skipped: the comparison with the kernel's firewall needs network namespaces with nftables");
  return isPossible;
}

export interface Sent {
  side: 'inside' | 'outside';
  /** An Ethernet frame; its destination becomes the router. */
  frame: Uint8Array;
  /** TCP with numbers or flags that no end sends that knows its connection. */
  isOdd?: boolean;
}

/** What became of a frame. */
export interface KernelVerdict {
  /** Frames that left by the other side. */
  forwarded: Uint8Array[];
  /** Frames that went back. */
  answers: Uint8Array[];
}

export interface KernelRun {
  verdicts: KernelVerdict[];
  /** Packets by comment of the rule that counted them; rules with one comment are added up. */
  counters: Record<string, number>;
}

export interface KernelChoices {
  /** Let conntrack look at checksums. */
  checksums?: boolean;
  /** Prefixes behind `inside`, for packets that the router makes. */
  inside: readonly string[];
}

const MAC = { inside: '02:00:00:00:10:01', outside: '02:00:00:00:10:02', peerInside: '02:00:00:00:20:01', peerOutside: '02:00:00:00:20:02' } as const;

export function runKernelFirewall(rules: string, table: string, packets: readonly Sent[], { checksums = true, inside }: KernelChoices): KernelRun {
  const router = `mrfw-r-${process.pid}`;
  const hosts = `mrfw-h-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'mrfw-'));
  const inRouter = (...command: string[]): string => execFileSync('ip', ['netns', 'exec', router, ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const batch = (namespace: string, lines: readonly string[], family: '-4' | '-6' = '-4'): void => {
    execFileSync('ip', [family, '-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
  };
  const isIpv6 = (prefix: string): boolean => prefix.includes(':');
  try {
    execFileSync('ip', ['netns', 'add', router]);
    execFileSync('ip', ['netns', 'add', hosts]);
    // Before the interfaces come up: no address, no neighbour discovery, no packet of the kernel's own.
    const settings = [
      'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0',
      'net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.default.addr_gen_mode=1', 'net.ipv6.conf.default.router_solicitations=0',
      'net.ipv4.icmp_ratelimit=0', 'net.ipv4.icmp_msgs_per_sec=1000000', 'net.ipv4.icmp_msgs_burst=1000000', 'net.ipv6.icmp.ratelimit=0',
      'net.ipv4.conf.default.send_redirects=0', 'net.ipv4.conf.all.send_redirects=0', 'net.ipv6.conf.all.accept_source_route=0',
    ];
    for (const setting of settings) spawnSync('ip', ['netns', 'exec', router, 'sysctl', '-qw', setting]);
    execFileSync('ip', ['netns', 'exec', hosts, 'sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv6.conf.all.disable_ipv6=1']);
    batch(router, [
      `link add inside address ${MAC.inside} mtu 65535 type veth peer name p-inside netns ${hosts} address ${MAC.peerInside} mtu 65535`,
      `link add outside address ${MAC.outside} mtu 65535 type veth peer name p-outside netns ${hosts} address ${MAC.peerOutside} mtu 65535`,
    ]);
    batch(hosts, ['link set p-inside up', 'link set p-outside up']);
    batch(router, [
      'link set lo up', 'link set inside up', 'link set outside up',
      'address add 198.18.1.1/32 dev inside', 'address add 198.18.2.1/32 dev outside',
      `neighbour add 198.18.1.2 lladdr ${MAC.peerInside} dev inside nud permanent`, `neighbour add 198.18.2.2 lladdr ${MAC.peerOutside} dev outside nud permanent`,
      // What came in by one side leaves by the other, whatever its destination.
      'rule add iif inside lookup 101', 'rule add iif outside lookup 102',
      'route add default via 198.18.2.2 dev outside onlink table 101', 'route add default via 198.18.1.2 dev inside onlink table 102',
      'route add default via 198.18.2.2 dev outside onlink',
      ...inside.filter((prefix) => !isIpv6(prefix)).map((prefix) => `route add ${prefix} via 198.18.1.2 dev inside onlink`),
    ]);
    batch(router, [
      'address add 2001:2:0:1::1/128 dev inside nodad', 'address add 2001:2:0:2::1/128 dev outside nodad',
      `neighbour add fe80::1:2 lladdr ${MAC.peerInside} dev inside nud permanent`, `neighbour add fe80::2:2 lladdr ${MAC.peerOutside} dev outside nud permanent`,
      'rule add iif inside lookup 101', 'rule add iif outside lookup 102',
      'route add default via fe80::2:2 dev outside onlink table 101', 'route add default via fe80::1:2 dev inside onlink table 102',
      'route add default via fe80::2:2 dev outside onlink',
      ...inside.filter(isIpv6).map((prefix) => `route add ${prefix} via fe80::1:2 dev inside onlink`),
    ], '-6');
    const ruleFile = join(folder, 'rules.nft');
    writeFileSync(ruleFile, rules);
    inRouter('nft', '-f', ruleFile);
    // The probes behind each frame.
    inRouter('nft', `insert rule inet ${table} forward ip protocol 253 accept`);
    inRouter('nft', 'add table ip probes; add chain ip probes raw { type filter hook prerouting priority raw; }; add rule ip probes raw ip protocol 253 notrack');
    if (!checksums) inRouter('sysctl', '-qw', 'net.netfilter.nf_conntrack_checksum=0');
    const [source, target] = [join(folder, 'in'), join(folder, 'out')];
    writeFileSync(source, Buffer.concat(packets.map(({ side, frame }) => {
      const head = Buffer.alloc(5);
      head.writeUInt8(side === 'inside' ? 0 : 1, 0);
      head.writeUInt32BE(frame.length, 1);
      return Buffer.concat([head, frame]);
    })));
    execFileSync('ip', ['netns', 'exec', hosts, 'python3', INJECT, 'p-inside', 'p-outside', MAC.inside, MAC.outside, source, target], { stdio: ['ignore', 'pipe', 'pipe'] });
    const verdicts = readVerdicts(readFileSync(target), packets);
    return { verdicts, counters: readCounters(inRouter('nft', '-j', 'list', 'chain', 'inet', table, 'forward')) };
  } finally {
    spawnSync('ip', ['netns', 'del', router]);
    spawnSync('ip', ['netns', 'del', hosts]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function readVerdicts(bytes: Buffer, packets: readonly Sent[]): KernelVerdict[] {
  let at = 0;
  return packets.map(({ side }) => {
    const verdict: KernelVerdict = { forwarded: [], answers: [] };
    for (let left = bytes.readUInt8(at++); left > 0; left--) {
      const cameOutOf = bytes.readUInt8(at) === 0 ? 'inside' : 'outside';
      const length = bytes.readUInt32BE(at + 1);
      const frame = bytes.subarray(at + 5, at + 5 + length);
      // The kernel's own reports to multicast routers are no answers.
      if ((frame[0] & 1) === 0) (cameOutOf === side ? verdict.answers : verdict.forwarded).push(frame);
      at += 5 + length;
    }
    return verdict;
  });
}

function readCounters(json: string): Record<string, number> {
  interface Listed {
    rule?: { comment?: string; expr: { counter?: { packets: number } }[] };
  }
  const counters: Record<string, number> = {};
  for (const { rule } of (JSON.parse(json) as { nftables: Listed[] }).nftables) {
    const packets = rule?.expr.find(({ counter }) => counter !== undefined)?.counter?.packets;
    if (rule?.comment !== undefined && packets !== undefined) counters[rule.comment] = (counters[rule.comment] ?? 0) + packets;
  }
  return counters;
}
