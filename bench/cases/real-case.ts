/**
 * P3: firewall, NAT and DPI over recorded traffic in both directions. Packets are read into memory before and replayed by
 * ports, so no file is read in the window. `established`: the recording again and again, its connections known from the
 * first pass on. `fresh`, for DPI alone: before each pass the clock of packets jumps, so that every table has timed out and
 * each connection is classified anew. With a NAT that would mean nothing: thousands of packets are under way, and answers
 * would come to it before what they answer.
 */
import { dpi, firewall, nat } from '../../src/runtime/stock-functions.js';
import type { NetworkFunctionUse } from '../../src/nf/contract.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import type { Report } from '../../src/runtime/report.js';
import { closedLoop } from '../chain-run.js';
import { BASE, chainWith, threadsOf, type ChainFactors } from '../configure.js';
import { digestOf } from '../payload.js';
import { Cell, newPanel } from '../ports/panel.js';
import type { Pace } from '../ports/port-options.js';
import { benchPort, runToEnd, windowOf } from '../runtime-run.js';
import { InvalidMeasurement, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import { loadTraffic, type Traffic } from '../traffic/load.js';
import { ndpiWay } from '../traffic/ndpi.js';
import { pack } from '../traffic/pack.js';
import type { BenchCase, Group, Way } from '../way.js';

const SLOT_BYTES = 2048;
const FLOWS = 65_536;
/** Longer than any timeout of the functions. */
const JUMP_SECONDS = 10_000;
const PASSES_COMPARED = 2;
/** The functions have more code to compile than those of the other cases. */
const WARM_UP_SHARE = 2.5;
/** By how much the share of dropped packets may differ from that of the comparison, where every answer waits its turn. */
const DROP_TOLERANCE = 0.1;

type Manner = 'established' | 'fresh';
type Topology = Pick<ChainFactors, 'mode' | 'routing' | 'placement'>;

const edge = (): NetworkFunctionUse[] => [
  firewall({ rules: ['deny in tcp to any port 23', 'allow arp', 'allow out any', 'allow icmp', 'deny in any'] }),
  nat({ external: '203.0.113.1' }),
  dpi({}),
];

interface Replayed { readonly panel: Float64Array; readonly report: Report }

async function replay(traffic: Traffic, topology: Topology, uses: readonly NetworkFunctionUse[], pace: Pace, manner: Manner, compared: boolean): Promise<Replayed> {
  const panel = newPanel();
  const options = { role: 'replay', panel: panel.buffer as SharedArrayBuffer, ...pack(traffic.packets), ...pace, hash: compared, inStep: compared, jumpSeconds: manner === 'fresh' ? JUMP_SECONDS : 0 } as const;
  const configuration: Configuration = {
    ports: { inside: benchPort({ ...options, side: 0 }), outside: benchPort({ ...options, side: 1 }) },
    paths: [{ between: ['inside', 'outside'], via: chainWith('edge', uses, { ...BASE, ...topology }) }],
    memory: { slots: BASE.slots, slotBytes: SLOT_BYTES },
    flows: FLOWS,
    burst: BASE.burst,
    mode: topology.mode,
  };
  const report = await runToEnd(configuration);
  const { received, transmitted } = report.ledger;
  if (received !== panel[Cell.received] || transmitted !== panel[Cell.transmitted] || received - report.ledger.dropped !== transmitted) {
    throw new InvalidMeasurement(`expected ${panel[Cell.received]} packets in and ${panel[Cell.transmitted]} out, found ${received} and ${transmitted}`);
  }
  if (topology.mode === 'zero-copy' && report.bytesCopied !== 0) throw new InvalidMeasurement(`bytes copied: expected 0, found ${report.bytesCopied}`);
  return { panel, report };
}

interface Comparison {
  /** One packet at a time turns the direction, so verdicts do not depend on threads: every way must let the same payloads out. */
  readonly compare: (topology: Topology, uses: readonly NetworkFunctionUse[], what: string) => Promise<string>;
  /** Share of the packets that were dropped there. */
  readonly dropShares: ReadonlyMap<string, number>;
}

function comparison(traffic: Traffic): Comparison {
  const agreed = new Map<string, string>();
  const dropShares = new Map<string, number>();
  const compare: Comparison['compare'] = async (topology, uses, what) => {
    const pace: Pace = { warmUpMs: 0, measuredMs: 3_600_000, warmUpPackets: 0, leastPackets: 0, offered: null, packets: PASSES_COMPARED * traffic.packets.length };
    const { panel, report } = await replay(traffic, topology, uses, pace, 'established', true);
    const found = `${digestOf(panel[Cell.hashOut], panel[Cell.hashOut + 1])} of ${panel[Cell.transmitted]} packets`;
    const expected = agreed.get(what) ?? found;
    agreed.set(what, expected);
    if (found !== expected) throw new InvalidMeasurement(`comparison of payloads: expected ${expected}, as the first way let out, found ${found}; drops ${JSON.stringify(report.drops)}`);
    dropShares.set(what, report.ledger.dropped / report.ledger.received);
    return found.slice(0, 16);
  };
  return { compare, dropShares };
}

function groupsOf(traffic: Traffic, settings: BenchSettings): Group[] {
  const { compare, dropShares } = comparison(traffic);
  const way = (topology: Partial<Topology>, manner: Manner, uses: () => readonly NetworkFunctionUse[], what: string): Way => {
    const full: Topology = { mode: 'zero-copy', routing: 'hub', placement: 'per-vm', ...topology };
    const vms = uses().length;
    return {
      way: 'millrace',
      factors: {
        ...full, replicas: 1, vms, bytes: traffic.averageBytes, burst: BASE.burst, touch: `${what}, ${manner}`, slots: BASE.slots, slotBytes: SLOT_BYTES,
        threads: threadsOf({ placement: full.placement, vms, replicas: 1 }),
      },
      compare: () => compare(full, uses(), what),
      measure: async () => {
        const pace = closedLoop(settings, 2 * traffic.packets.length);
        const { panel, report } = await replay(traffic, full, uses(), { ...pace, warmUpMs: WARM_UP_SHARE * pace.warmUpMs }, manner, false);
        const window = windowOf(panel);
        const { received, dropped } = report.ledger;
        const [share, expected] = [dropped / received, dropShares.get(what) ?? 0];
        if (Math.abs(share - expected) > DROP_TOLERANCE) throw new InvalidMeasurement(`share of packets dropped: expected ${expected.toFixed(3)}, found ${share.toFixed(3)}`);
        // Dropped packets have been worked on too; all that came in count, by the share that left within the window.
        const packets = window.packets * (received / (received - dropped));
        const time: Measured = { metric: 'time', unit: 'ns', value: (window.seconds * 1e9) / packets, ...window, bytesCopied: report.bytesCopied };
        return [time, { metric: 'dropped', unit: '%', value: (100 * dropped) / received, packets, seconds: window.seconds }];
      },
    };
  };
  const whole = (topology: Partial<Topology>): Way => way(topology, 'established', edge, 'firewall, NAT, DPI');
  const alone = (manner: Manner): Way => way({}, manner, () => [dpi({})], 'DPI alone');
  return [
    { name: `${traffic.name}, firewall, NAT and DPI`, ways: [whole({}), whole({ mode: 'copy' }), whole({ routing: 'mesh' }), whole({ placement: 'together' }), whole({ placement: 'inline' })] },
    { name: `${traffic.name}, DPI`, ways: [alone('established'), alone('fresh'), { ...ndpiWay(traffic.packets, { bytes: traffic.averageBytes, vms: 1 }), repetitions: 3 }] },
  ];
}

async function groups(settings: BenchSettings): Promise<Group[]> {
  const folders = settings.captures === null ? [null] : [null, settings.captures];
  const traffics: Traffic[] = [];
  for (const folder of folders) traffics.push(await loadTraffic(folder, edge));
  return traffics.flatMap((traffic) => groupsOf(traffic, settings));
}

export const realCase: BenchCase = { name: 'real', says: 'firewall, NAT and DPI over recorded traffic, both directions (P3); --captures adds a folder', byDefault: true, groups };
