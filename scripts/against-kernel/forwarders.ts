/**
 * What forwards between client and server: the kernel with nftables, or Millrace, with the same addresses and the same rules.
 * `one-thread` is Millrace on packet sockets with `threads: one`.
 */
import { Lab, type Program } from '../../test/live/lab.js';

export const FORWARDERS = ['kernel', 'af-packet', 'one-thread', 'af-xdp'] as const;
export type ForwarderName = (typeof FORWARDERS)[number];

export const SERVER = '198.51.100.2';
const INSIDE = '10.0.0.1/24';
const OUTSIDE = '198.51.100.1/24';

/** Client and server, each a cable away from the middle, which nothing forwards in yet. */
export function hosts(): Lab {
  const lab = new Lab();
  for (const name of ['client', 'middle', 'server']) lab.namespace(name);
  lab.cable(['client', 'net0'], ['middle', 'inside']);
  lab.cable(['server', 'net0'], ['middle', 'outside']);
  lab.address('client', 'net0', '10.0.0.2/24');
  lab.address('server', 'net0', `${SERVER}/24`);
  lab.run('client', 'ip', 'route', 'add', 'default', 'via', '10.0.0.1');
  return lab;
}

const NFT = `table ip edge {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname inside tcp dport 81 drop
    iifname inside accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname outside masquerade
  }
}
`;

/** How Millrace is set up: placement of the two functions, and wake-up policy. */
export interface Setting {
  placement: string;
  wakeUp: string;
}

const CHAIN = (kind: string, memory: string, { placement, wakeUp }: Setting, threads: string): string => `
ports:
  inside: { kind: ${kind}, interface: inside, addresses: [${INSIDE}] }
  outside: { kind: ${kind}, interface: outside, addresses: [${OUTSIDE}] }
chains:
  edge:
    placement: ${placement}
    functions:
      - firewall: { rules: [deny in any, deny out tcp from any to any port 81, allow out any] }
      - nat: { external: 198.51.100.1 }
paths: [{ between: [inside, outside], match: ip, via: edge }]
memory: { ${memory} }
wakeUp: ${wakeUp}
threads: ${threads}
`;
/** As docs/interfaces.md and docs/af-xdp.md advise. */
const MEMORY = { 'af-packet': 'slots: 1024, slotBytes: 131072', 'af-xdp': 'slots: 16384' } as const;

export interface Forwarder {
  /** What it said at its end. */
  end: () => Promise<string>;
}

export async function forward(lab: Lab, name: ForwarderName, setting: Setting): Promise<Forwarder> {
  if (name === 'kernel') return kernel(lab);
  return name === 'one-thread' ? millrace(lab, 'af-packet', setting, 'one') : millrace(lab, name, setting, 'separate');
}

function kernel(lab: Lab): Forwarder {
  lab.address('middle', 'inside', INSIDE);
  lab.address('middle', 'outside', OUTSIDE);
  lab.run('middle', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  lab.run('middle', 'nft', '-f', lab.write('edge.nft', NFT));
  return {
    end: () => {
      lab.run('middle', 'nft', 'flush', 'ruleset');
      lab.run('middle', 'sysctl', '-qw', 'net.ipv4.ip_forward=0');
      for (const device of ['inside', 'outside']) lab.run('middle', 'ip', 'address', 'flush', 'dev', device);
      return Promise.resolve('');
    },
  };
}

async function millrace(lab: Lab, kind: 'af-packet' | 'af-xdp', setting: Setting, threads: string): Promise<Forwarder> {
  const program: Program = await lab.millrace('middle', CHAIN(kind, MEMORY[kind], setting, threads), '--json');
  return {
    end: async () => {
      program.signal('SIGTERM');
      const { code, stdout, stderr } = await program.ended;
      if (code !== 0) throw new Error(stderr);
      const { drops, ledger, threads } = JSON.parse(stdout) as { drops: Record<string, number>; ledger: { balanced: boolean }; threads: { name: string; busyMs: number }[] };
      if (!ledger.balanced) throw new Error(`${kind}: the ledger does not balance: ${stdout}`);
      return `dropped ${JSON.stringify(drops)}; busy ${threads.map((each) => `${each.name} ${each.busyMs.toFixed(0)} ms`).join(', ')}`;
    },
  };
}
