/**
 * P3: firewall, NAT and DPI over recorded traffic in both directions. Packets are read into memory before and replayed by
 * ports, so no file is read in the window. `established`: the recording again and again, its connections known from the
 * first pass on. A packet is sent when what it answers, in its connection, has gone through: so no answer overtakes that, whatever threads do. Recordings
 * are sent as traffic of several times their hosts, so that there is always something else to send meanwhile. `fresh`, for DPI alone, over traffic that no NAT has touched: before each pass the
 * clock of packets jumps, so that every table has timed out and each connection is classified anew.
 */
import { dpi } from '../../src/runtime/stock-functions.js';
import type { NetworkFunctionUse } from '../../src/nf/contract.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import type { Report } from '../../src/runtime/report.js';
import { closedLoop } from '../chain-run.js';
import { BASE, chainWith, threadsOf, type ChainFactors } from '../configure.js';
import { edge, externalAddresses } from '../functions/edge.js';
import { digestOf } from '../payload.js';
import { Cell, newPanel } from '../ports/panel.js';
import type { Pace, ReplayOptions } from '../ports/port-options.js';
import { benchPort, runToEnd, windowOf } from '../runtime-run.js';
import { InvalidMeasurement, type Measured } from '../sample.js';
import { EDGE, EDGE_BESIDE_CLICK, MANNERS, type BenchSettings, type Manner } from '../settings.js';
import { clickWay, isForClick } from '../traffic/click.js';
import { ExpectedDrops } from '../traffic/expected-drops.js';
import { averageOf, loadTraffic, type Traffic } from '../traffic/load.js';
import { ndpiWay } from '../traffic/ndpi.js';
import { pack } from '../traffic/pack.js';
import { schedule } from '../traffic/schedule.js';
import type { BenchCase, Group, Way } from '../way.js';

const SLOT_BYTES = 2048;
const FLOWS = 65_536;
/** External addresses of the NAT, and for each of them the recorded hosts once more. */
const EXTERNALS = { office: externalAddresses(32), folder: externalAddresses(4) } as const;
/** Two phases are under way while the next one is sent: all three have room in the slots. */
const LAG = 3;
const MOST_OF_A_PHASE = 1024;
const MOST_PHASES = 256;
/** Of DPI alone, which nothing is left out for. */
const MOST_OF_A_TURN = 256;
/** Longer than any timeout of the functions. */
const JUMP_SECONDS = 10_000;
const LEAST_PASSES_COMPARED = 2;
/**
 * Where there is a firewall, compared passes go on until it has forgotten what recordings never answer: as many handshakes as it
 * follows at a time. From then on all passes drop the same.
 */
const LEAST_PACKETS_COMPARED = 1_000_000;
/** The functions have more code to compile than those of the other cases. */
const WARM_UP_SHARE = 2.5;
/** By how much the share of dropped packets may differ from that of the comparison, which goes one phase at a time. */
const DROP_TOLERANCE = 0.005;

type Topology = Pick<ChainFactors, 'mode' | 'routing' | 'placement'>;
const TOPOLOGIES: readonly Partial<Topology>[] = [{}, { mode: 'copy' }, { routing: 'mesh' }, { placement: 'together' }, { placement: 'inline' }];
type Packets = Pick<ReplayOptions, 'bytes' | 'offsets' | 'lengths' | 'sides' | 'phases' | 'waitingPasses'>;

interface Replayed { readonly panel: Float64Array; readonly report: Report }

/** @param left of a comparison, which goes one phase at a time: written as `ReplayOptions.left`. */
async function replay(packets: Packets, topology: Topology, uses: readonly NetworkFunctionUse[], pace: Pace, manner: Manner, left: Float64Array | null): Promise<Replayed> {
  const panel = newPanel();
  const options = { role: 'replay', panel: panel.buffer as SharedArrayBuffer, ...packets, ...pace, hash: left !== null, left, lag: left === null ? LAG : 1, jumpSeconds: manner === 'fresh' ? JUMP_SECONDS : 0 } as const;
  const configuration: Configuration = {
    ports: { inside: benchPort({ ...options, side: 0 }), outside: benchPort({ ...options, side: 1 }) },
    paths: [{ between: ['inside', 'outside'], via: chainWith('edge', uses, { ...BASE, ...topology }) }],
    memory: { slots: BASE.slots, slotBytes: SLOT_BYTES },
    flows: FLOWS,
    burst: BASE.burst,
    mode: topology.mode,
  };
  const report = await runToEnd(configuration);
  const { received, originated, dropped, transmitted } = report.ledger;
  if (received !== panel[Cell.received] || transmitted !== panel[Cell.transmitted] || received + originated - dropped !== transmitted) {
    throw new InvalidMeasurement(`expected ${panel[Cell.received]} packets in and ${panel[Cell.transmitted]} out, found ${received} and ${transmitted}, ${originated} originated, ${dropped} dropped`);
  }
  if (topology.mode === 'zero-copy' && report.bytesCopied !== 0) throw new InvalidMeasurement(`bytes copied: expected 0, found ${report.bytesCopied}`);
  return { panel, report };
}

/** Runs one phase at a time, so verdicts do not depend on threads: every way must let the same payloads out. */
class Comparison {
  #agreed: string | null = null;
  drops = new ExpectedDrops([], 0);
  readonly #packets: Packets;
  readonly #passes: number;

  constructor(packets: Packets, passes: number) {
    this.#packets = packets;
    this.#passes = passes;
  }

  async compare(topology: Topology, uses: readonly NetworkFunctionUse[]): Promise<string> {
    const pace: Pace = { warmUpMs: 0, measuredMs: 3_600_000, warmUpPackets: 0, leastPackets: 0, offered: null, packets: this.#passes * this.#packets.sides.length };
    const left = new Float64Array(new SharedArrayBuffer((this.#passes + 1) * Float64Array.BYTES_PER_ELEMENT));
    const { panel, report } = await replay({ ...this.#packets, waitingPasses: this.#passes }, topology, uses, pace, 'established', left);
    const found = `${digestOf(panel[Cell.hashOut], panel[Cell.hashOut + 1])} of ${panel[Cell.transmitted]} packets`;
    this.#agreed ??= found;
    if (found !== this.#agreed) throw new InvalidMeasurement(`comparison of payloads: expected ${this.#agreed}, as the first way let out, found ${found}; drops ${JSON.stringify(report.drops)}`);
    left[this.#passes] = panel[Cell.transmitted];
    this.drops = new ExpectedDrops(left, this.#packets.sides.length);
    return found.slice(0, 16);
  }
}

interface Replayable { readonly traffic: Traffic; readonly packets: Packets; readonly what: string; readonly leastCompared: number; readonly uses: () => NetworkFunctionUse[] }

function waysOf({ traffic, packets, what, leastCompared, uses }: Replayable, settings: BenchSettings): (topology: Partial<Topology>, manner: Manner) => Way {
  const comparison = new Comparison(packets, Math.max(LEAST_PASSES_COMPARED, Math.ceil(leastCompared / packets.sides.length)));
  return (topology, manner) => {
    const full: Topology = { mode: 'zero-copy', routing: 'hub', placement: 'per-vm', ...topology };
    const vms = uses().length;
    return {
      way: 'millrace',
      factors: {
        ...full, replicas: 1, vms, bytes: traffic.averageBytes, burst: BASE.burst, touch: `${what}, ${manner}`, slots: BASE.slots, slotBytes: SLOT_BYTES,
        threads: threadsOf({ placement: full.placement, vms, replicas: 1 }),
      },
      compare: () => comparison.compare(full, uses()),
      measure: async () => {
        const pace = closedLoop(settings, 2 * packets.sides.length);
        const { panel, report } = await replay(packets, full, uses(), { ...pace, warmUpMs: WARM_UP_SHARE * pace.warmUpMs }, manner, null);
        const window = windowOf(panel);
        const { received, dropped } = report.ledger;
        const [share, expected] = [dropped / received, comparison.drops.shareOf(received)];
        if (Math.abs(share - expected) > DROP_TOLERANCE) throw new InvalidMeasurement(`share of packets dropped: expected ${expected.toFixed(3)}, found ${share.toFixed(3)}: ${JSON.stringify(report.drops)}`);
        // Dropped packets have been worked on too; all that came in count, by the share that left within the window.
        const worked = window.packets * (received / (received - dropped));
        const time: Measured = { metric: 'time', unit: 'ns', value: (window.seconds * 1e9) / worked, ...window, bytesCopied: report.bytesCopied };
        return [time, { metric: 'dropped', unit: '%', value: (100 * dropped) / received, packets: worked, seconds: window.seconds }];
      },
    };
  };
}

async function groupsOf(folder: string | null, settings: BenchSettings, progress: (text: string) => void): Promise<Group[]> {
  const externals = EXTERNALS[folder === null ? 'office' : 'folder'];
  const uses = (): NetworkFunctionUse[] => edge(externals);
  const translated = await loadTraffic(folder, uses, externals);
  const ordered = schedule(translated.packets, LAG, MOST_OF_A_PHASE, MOST_PHASES);
  progress(`real, ${translated.name}: ${ordered.packets.length} packets in ${ordered.phases.length - 1} phases, ${translated.packets.length - ordered.packets.length} left out`);
  const whole = waysOf({ traffic: translated, packets: { ...pack(ordered.packets), phases: ordered.phases, waitingPasses: Infinity }, what: EDGE, leastCompared: LEAST_PACKETS_COMPARED, uses }, settings);
  // Click's NAT has one address, and it is not given what it does not know: beside it, ours are given no other packets either.
  const single = externalAddresses(1);
  const known = await loadTraffic(folder, () => edge(single), single, externals.length);
  const forBoth = schedule(known.packets.filter(isForClick), LAG, MOST_OF_A_PHASE, MOST_PHASES);
  const averageBytes = averageOf(forBoth.packets);
  const beside = waysOf(
    { traffic: { ...known, averageBytes }, packets: { ...pack(forBoth.packets), phases: forBoth.phases, waitingPasses: Infinity }, what: EDGE_BESIDE_CLICK, leastCompared: LEAST_PACKETS_COMPARED, uses: () => edge(single) },
    settings,
  );
  const plain = await loadTraffic(folder, () => []);
  // One at a time, phases are the recording's order but for what other connections send meanwhile: a port gives bursts, as a card does.
  const turns = schedule(plain.packets, 1, MOST_OF_A_TURN);
  const alone = waysOf({ traffic: plain, packets: { ...pack(turns.packets), phases: turns.phases, waitingPasses: 0 }, what: 'DPI alone', leastCompared: 0, uses: () => [dpi({})] }, settings);
  return [
    { name: `${plain.name}, ${EDGE}`, ways: TOPOLOGIES.map((topology) => whole(topology, 'established')) },
    { name: `${plain.name}, beside Click`, ways: [beside({ placement: 'together' }, 'established'), beside({ placement: 'inline' }, 'established'), clickWay(forBoth.packets, single[0], { bytes: averageBytes, vms: 2 })] },
    { name: `${plain.name}, DPI`, ways: [...MANNERS.map((manner) => alone({}, manner)), ...MANNERS.flatMap((manner) => [alone({ placement: 'inline' }, manner), ndpiWay(plain.packets, manner, { bytes: plain.averageBytes, vms: 1 })])] },
  ];
}

async function groups(settings: BenchSettings, progress: (text: string) => void): Promise<Group[]> {
  const folders = settings.captures === null ? [null] : [null, settings.captures];
  const all: Group[] = [];
  for (const folder of folders) all.push(...(await groupsOf(folder, settings, progress)));
  return all;
}

export const realCase: BenchCase = { name: 'real', says: 'firewall, NAT and DPI over recorded traffic, both directions; --captures adds a folder', byDefault: true, groups };
