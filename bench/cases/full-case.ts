/**
 * P2 and P7 with the functions in full: firewall, NAT and DPI over connections that all of them know, 64 B, both directions; as
 * chains of stateful firewalls grow longer, and as connections grow to a million. Beside the first the chain in C, which does none
 * of the functions' work: what it shows is how much of a packet's time is not the functions'.
 */
import { closedLoop } from '../chain-run.js';
import { BASE } from '../configure.js';
import { bytesOfTables, columnsOf, configurationOf, established, openingPackets, verifyEstablished, type Established, type Functions, type Topology } from '../established-run.js';
import { cChainWay } from '../native/c-chain.js';
import { digestOf } from '../payload.js';
import { Cell, newPanel } from '../ports/panel.js';
import type { Pace } from '../ports/port-options.js';
import { runToEnd, windowOf } from '../runtime-run.js';
import { InvalidMeasurement, NotHere, type Measured } from '../sample.js';
import { EDGE, type BenchSettings } from '../settings.js';
import { MOST_TRANSLATED } from '../traffic/conversations.js';
import type { BenchCase, Group, Way } from '../way.js';

/** Of the first two groups. No power of two, so that none of the third has as many. */
const FLOWS = 1000;
/** The functions have more code to compile than those of other cases. */
const WARM_UP_SHARE = 2.5;
const BYTES_A_MB = 1e6;

const HUB: Topology = { routing: 'hub', placement: 'per-vm' };
const MESH: Topology = { routing: 'mesh', placement: 'per-vm' };
const TOGETHER: Topology = { routing: 'hub', placement: 'together' };
const INLINE: Topology = { routing: 'hub', placement: 'inline' };

/** One phase after the other, every payload hashed where it leaves: together they are the payloads that were made. */
async function compare(of: Established, topology: Topology): Promise<string> {
  const panel = newPanel();
  const pace: Pace = { warmUpMs: 0, measuredMs: 3_600_000, warmUpPackets: 0, leastPackets: 0, offered: null, packets: of.traffic.packets.sides.length };
  const report = await runToEnd(configurationOf(of, topology, panel, pace, true));
  verifyEstablished(of, report, panel);
  const [expected, found] = [of.traffic.payloads().digest(), digestOf(panel[Cell.hashOut], panel[Cell.hashOut + 1])];
  if (found !== expected) throw new InvalidMeasurement(`comparison of payloads: expected the hash ${expected} at egress, found ${found}`);
  return found;
}

async function measure(of: Established, topology: Topology, settings: BenchSettings): Promise<Measured[]> {
  const panel = newPanel();
  const opening = openingPackets(of);
  // As many more as can be under way when the window begins, or a pass.
  const pace = closedLoop(settings, opening + Math.max(2 * BASE.slots, of.traffic.packets.sides.length));
  const configuration = configurationOf(of, topology, panel, { ...pace, warmUpMs: WARM_UP_SHARE * pace.warmUpMs }, false);
  const report = await runToEnd(configuration);
  verifyEstablished(of, report, panel);
  const window = windowOf(panel);
  if (panel[Cell.beginCount] < opening) throw new InvalidMeasurement(`the window began after ${panel[Cell.beginCount]} packets, before connections were known after ${opening}: the machine is too busy`);
  return [
    { metric: 'time', unit: 'ns', value: (window.seconds * 1e9) / window.packets, ...window, bytesCopied: report.bytesCopied },
    { metric: 'memory of tables', unit: 'MB', value: (await bytesOfTables(configuration)) / BYTES_A_MB, packets: null, seconds: null },
  ];
}

/** Traffic is made when it is first sent, once for all ways over it. */
function waysOver(functions: Functions, flows: number, settings: BenchSettings, firewalls = 1): (topology: Topology) => Way {
  let made: Established | null = null;
  const of = (): Established => {
    if (functions === EDGE && flows > MOST_TRANSLATED) throw new NotHere(`${flows} translated connections: each has two keys in the table of connections, which has room for those of ${MOST_TRANSLATED}`);
    return (made ??= established(functions, flows, settings.seed, firewalls));
  };
  const shape = established(functions, 1, settings.seed, firewalls);
  return (topology) => ({
    way: 'millrace',
    factors: { ...columnsOf(shape, topology), flows },
    compare: async () => compare(of(), topology),
    measure: async () => measure(of(), topology, settings),
  });
}

function groups(settings: BenchSettings): Group[] {
  const { vms, flows } = settings;
  const edge = waysOver(EDGE, FLOWS, settings);
  const inC = (topology: Topology): Way => cChainWay({ ...BASE, ...topology, touch: 'ttl' }, settings);
  return [
    { name: 'against C', ways: [edge(HUB), inC(HUB), edge(MESH), inC(MESH), edge(TOGETHER), edge(INLINE)] },
    ...vms.map((count): Group => {
      const firewalls = waysOver('firewall', FLOWS, settings, count);
      return { name: `${count} firewalls`, ways: [firewalls(HUB), firewalls(MESH), firewalls(INLINE)] };
    }),
    ...flows.map((count): Group => {
      const known = waysOver(EDGE, count, settings);
      return { name: `${count} connections`, ways: [known(HUB), known(INLINE), waysOver('firewall, DPI', count, settings)(INLINE)] };
    }),
  ];
}

export const fullCase: BenchCase = { name: 'full', says: 'firewall, NAT and DPI in full over known connections, 64 B: against C, 1 to 16 firewalls, 1 k to 1 M connections', byDefault: true, groups };
