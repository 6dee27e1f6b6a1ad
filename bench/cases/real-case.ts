/**
 * P3: firewall, NAT and DPI over recorded traffic in both directions. Packets are read into memory before and replayed by
 * ports, so no file is read in the window. `established`: the recording again and again, its connections known from the
 * first pass on. A packet is sent when what it answers, in its connection, has gone through: so no answer overtakes that, whatever threads do. Recordings
 * are sent as traffic of several times their hosts, so that there is always something else to send meanwhile. `fresh`, for DPI alone, over traffic that no NAT has touched: before each pass the
 * clock of packets jumps, so that every table has timed out and each connection is classified anew.
 */
import type { NetworkFunctionUse } from '../../src/nf/contract.js';
import { dpi } from '../../src/runtime/stock-functions.js';
import { allSettled } from '../all-settled.js';
import { closedLoop } from '../chain-run.js';
import { BASE, threadsOf } from '../configure.js';
import { edge, externalAddresses } from '../functions/edge.js';
import { newBarrier, type Pace } from '../ports/port-options.js';
import { areTogether, inCommon, measuredOf, RecordedRun, SLOT_BYTES, type Topology } from '../recorded-run.js';
import type { Factors } from '../sample.js';
import { EDGE, EDGE_BESIDE_CLICK, EDGE_IN_TWO, MANNERS, type BenchSettings, type Manner } from '../settings.js';
import { clickWay, isForClick } from '../traffic/click.js';
import { loadTraffic } from '../traffic/load.js';
import { ndpiWay } from '../traffic/ndpi.js';
import { averageOf, pack } from '../traffic/pack.js';
import type { Recorded } from '../traffic/record.js';
import { LAG, schedule, type Schedule } from '../traffic/schedule.js';
import { splitByExternal } from '../traffic/split.js';
import type { BenchCase, Group, Way } from '../way.js';

/** External addresses of the NAT, and for each of them the recorded hosts once more. */
const EXTERNALS = { office: externalAddresses(32), folder: externalAddresses(4) } as const;
const MOST_OF_A_PHASE = 1024;
const MOST_PHASES = 256;
/** Of DPI alone, which nothing is left out for. */
const MOST_OF_A_TURN = 256;
const LEAST_PASSES_COMPARED = 2;
/**
 * Where there is a firewall, compared passes go on until it has forgotten what recordings never answer: as many handshakes as it
 * follows at a time. From then on all passes drop the same.
 */
const LEAST_PACKETS_COMPARED = 1_000_000;
/** The functions have more code to compile than those of the other cases. */
const WARM_UP_SHARE = 2.5;
/** Runs side by side whose windows had too little in common are repeated. */
const MOST_ATTEMPTS = 3;

const BASE_TOPOLOGY: Topology = { mode: 'zero-copy', routing: 'hub', placement: 'per-vm' };
const TOPOLOGIES: readonly Partial<Topology>[] = [{}, { mode: 'copy' }, { routing: 'mesh' }, { placement: 'together' }, { placement: 'inline' }];

/** A recording, in the order in which it is sent. */
interface Replayable { readonly order: Schedule; readonly uses: () => readonly NetworkFunctionUse[]; readonly waitingPasses: number; readonly leastCompared: number }

function runOf({ order: { packets, phases }, uses, waitingPasses, leastCompared }: Replayable): RecordedRun {
  return new RecordedRun({ ...pack(packets), phases, waitingPasses }, uses, Math.max(LEAST_PASSES_COMPARED, Math.ceil(leastCompared / packets.length)));
}

function factorsOf(topology: Topology, { order, uses }: Replayable, touch: string, runtimes: number): Partial<Factors> {
  const vms = uses().length;
  return {
    ...topology, replicas: 1, vms, bytes: averageOf(order.packets), burst: BASE.burst, touch, slots: BASE.slots, slotBytes: SLOT_BYTES,
    threads: runtimes * threadsOf({ placement: topology.placement, vms, replicas: 1 }),
  };
}

function waysOf(what: string, replayable: Replayable, settings: BenchSettings): (topology: Partial<Topology>, manner: Manner) => Way {
  const run = runOf(replayable);
  return (partial, manner) => {
    const topology = { ...BASE_TOPOLOGY, ...partial };
    return {
      way: 'millrace',
      factors: factorsOf(topology, replayable, `${what}, ${manner}`, 1),
      compare: () => run.compare(topology),
      measure: async () => measuredOf([await run.measure(topology, paceOf(settings, replayable), manner)]),
    };
  };
}

/** Runtimes at the same time, each with its part of the hosts and connections, and all of it in one thread. */
function sideBySide(what: string, parts: readonly Replayable[], settings: BenchSettings): Way {
  const topology: Topology = { ...BASE_TOPOLOGY, placement: 'inline' };
  const runs = parts.map(runOf);
  return {
    way: 'millrace',
    factors: { ...factorsOf(topology, parts[0], `${what}, established`, parts.length), bytes: averageOf(parts.flatMap(({ order }) => order.packets)) },
    compare: async () => {
      const hashes: string[] = [];
      for (const run of runs) {
        await run.compare({ ...topology, placement: 'together' });
        hashes.push(await run.compare(topology));
      }
      return hashes.join(' ');
    },
    measure: async () => {
      for (let attempt = 1; ; attempt++) {
        const barrier = newBarrier(runs.length);
        const windows = await allSettled(runs.map((run, at) => run.measure(topology, { ...paceOf(settings, parts[at]), barrier }, 'established')));
        if (areTogether(windows) || attempt === MOST_ATTEMPTS) return [...measuredOf(windows), inCommon(windows)];
      }
    },
  };
}

function paceOf(settings: BenchSettings, { order }: Replayable): Pace {
  const pace = closedLoop(settings, 2 * order.packets.length);
  return { ...pace, warmUpMs: WARM_UP_SHARE * pace.warmUpMs };
}

async function groupsOf(folder: string | null, settings: BenchSettings, progress: (text: string) => void): Promise<Group[]> {
  const externals = EXTERNALS[folder === null ? 'office' : 'folder'];
  const inOrder = (packets: readonly Recorded[]): Schedule => schedule(packets, LAG, MOST_OF_A_PHASE, MOST_PHASES);
  const translating = (order: Schedule, addresses: readonly number[]): Replayable => ({ order, uses: () => edge(addresses), waitingPasses: Infinity, leastCompared: LEAST_PACKETS_COMPARED });
  const translated = await loadTraffic(folder, () => edge(externals), externals);
  const order = inOrder(translated.packets);
  progress(`real, ${translated.name}: ${order.packets.length} packets in ${order.phases.length - 1} phases, ${translated.packets.length - order.packets.length} left out`);
  const whole = waysOf(EDGE, translating(order, externals), settings);
  // Click's NAT has one address, and it is not given what it does not know: beside it, ours are given no other packets either.
  const single = externalAddresses(1);
  const known = await loadTraffic(folder, () => edge(single), single, externals.length);
  const forBoth = inOrder(known.packets.filter(isForClick));
  const beside = waysOf(EDGE_BESIDE_CLICK, translating(forBoth, single), settings);
  // The same hosts in two halves, each behind an address of its own, for two of each.
  const pair = externalAddresses(2);
  const halves = splitByExternal((await loadTraffic(folder, () => edge(pair), pair, externals.length)).packets.filter(isForClick), pair).map(inOrder);
  const plain = await loadTraffic(folder, () => []);
  // One at a time, phases are the recording's order but for what other connections send meanwhile: a port gives bursts, as a card does.
  const turns = schedule(plain.packets, 1, MOST_OF_A_TURN);
  const alone = waysOf('DPI alone', { order: turns, uses: () => [dpi({})], waitingPasses: 0, leastCompared: 0 }, settings);
  return [
    { name: `${plain.name}, ${EDGE}`, ways: TOPOLOGIES.map((topology) => whole(topology, 'established')) },
    {
      name: `${plain.name}, beside Click`,
      ways: [
        beside({ placement: 'together' }, 'established'), beside({ placement: 'inline' }, 'established'), sideBySide(EDGE_IN_TWO, halves.map((half, at) => translating(half, [pair[at]])), settings),
        clickWay([{ packets: forBoth.packets, external: single[0] }]), clickWay(halves.map(({ packets }, at) => ({ packets, external: pair[at] }))),
      ],
    },
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
