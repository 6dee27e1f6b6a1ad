/** Chains of the stock functions over connections that they know: made-up traffic in both directions, every packet of which must come through. */
import type { NetworkFunctionUse } from '../src/nf/contract.js';
import { ConnectionTable } from '../src/flow/connection-table.js';
import { tableBytes } from '../src/nf/context.js';
import { checkConfiguration } from '../src/runtime/check.js';
import type { Configuration } from '../src/runtime/configuration.js';
import type { Report } from '../src/runtime/report.js';
import { dpi } from '../src/runtime/stock-functions.js';
import { BASE, chainWith, threadsOf, type ChainFactors } from './configure.js';
import { edgeFirewall, edgeNat } from './functions/edge.js';
import { Cell } from './ports/panel.js';
import type { Pace, ReplayOptions } from './ports/port-options.js';
import { benchPort } from './runtime-run.js';
import { InvalidMeasurement, type Factors } from './sample.js';
import { EDGE } from './settings.js';
import { conversations, FRAME_BYTES, type Conversations } from './traffic/conversations.js';

const SLOT_BYTES = 2048;
/** In the first pass connections are opened and answered, in the second nothing is new any more. */
const OPENING_PASSES = 2;

/** What the chain is made of. */
export type Functions = typeof EDGE | 'firewall, DPI' | 'firewall';

export interface Established {
  readonly functions: Functions;
  /** Network functions: of `firewall`, as many as are asked for. */
  readonly vms: number;
  readonly traffic: Conversations;
}

export function established(functions: Functions, flows: number, seed: number, firewalls = 1): Established {
  return { functions, vms: functions === EDGE ? 3 : functions === 'firewall' ? firewalls : 2, traffic: conversations(flows, functions === EDGE, seed) };
}

/** The DPI looks at one packet of each direction: made-up payloads are of no protocol, which it then knows at once. */
function usesOf({ functions, vms, traffic }: Established): NetworkFunctionUse[] {
  const inspector = dpi({ budget: { packets: 1 } });
  switch (functions) {
    case EDGE:
      return [edgeFirewall(), edgeNat(traffic.externals, traffic.flows), inspector];
    case 'firewall, DPI':
      return [edgeFirewall(), inspector];
    case 'firewall':
      return Array.from({ length: vms }, (_, hop) => edgeFirewall(`firewall-${hop + 1}`));
  }
}

export type Topology = Pick<ChainFactors, 'routing' | 'placement'>;

export function columnsOf({ functions, vms, traffic }: Established, topology: Topology): Partial<Factors> {
  return {
    mode: BASE.mode, ...topology, replicas: 1, wakeUp: BASE.wakeUp, vms, bytes: FRAME_BYTES, burst: BASE.burst, touch: functions, flows: traffic.flows, slots: BASE.slots,
    slotBytes: SLOT_BYTES, threads: threadsOf({ ...topology, vms, replicas: 1 }),
  };
}

export function configurationOf(of: Established, topology: Topology, panel: Float64Array, pace: Pace, compared: boolean): Configuration {
  const { packets, tableFlows } = of.traffic;
  const options: Omit<ReplayOptions, 'side'> = { role: 'replay', panel: panel.buffer as SharedArrayBuffer, hash: compared, ...packets, ...pace, lag: 1, waitingPasses: OPENING_PASSES, left: null, jumpSeconds: 0 };
  return {
    ports: { inside: benchPort({ ...options, side: 0 }), outside: benchPort({ ...options, side: 1 }) },
    paths: [{ between: ['inside', 'outside'], via: chainWith('bench', usesOf(of), { ...BASE, ...topology }) }],
    memory: { slots: BASE.slots, slotBytes: SLOT_BYTES },
    flows: tableFlows,
    burst: BASE.burst,
  };
}

/** Packets that are sent before every connection is one that all functions know. */
export function openingPackets({ traffic }: Established): number {
  return OPENING_PASSES * traffic.packets.sides.length;
}

/** @throws InvalidMeasurement that says everything that is not as it should be. */
export function verifyEstablished(of: Established, report: Pick<Report, 'ports' | 'vms' | 'bytesCopied' | 'drops'>, panel: Float64Array): void {
  const wrong: string[] = [];
  const expect = (what: string, found: number, expected: number): void => {
    if (found !== expected) wrong.push(`${what}: expected ${expected}, found ${found}`);
  };
  const packets = panel[Cell.received];
  const { inside, outside } = report.ports;
  expect('packets received', inside.received + outside.received, packets);
  expect('packets transmitted', inside.transmitted + outside.transmitted, packets);
  expect('packets to the outside', outside.transmitted, inside.received);
  expect('packets at egress', panel[Cell.transmitted], packets);
  expect('bytes transmitted', panel[Cell.transmittedBytes], packets * FRAME_BYTES);
  expect('sum of words of the payloads', panel[Cell.sequenceOut], panel[Cell.sequenceIn]);
  expect('packets returned by all VMs', report.vms.reduce((sum, vm) => sum + vm.returned, 0), packets * of.vms);
  expect('bytes copied', report.bytesCopied, 0);
  const translator = report.vms.find(({ function: name }) => name === 'nat');
  if (translator !== undefined) {
    expect('packets translated on their way out', translator.counters['translated-out'], inside.received);
    expect('packets translated on their way in', translator.counters['translated-in'], outside.received);
    // A run that is ended early may not have got so far.
    if (inside.received >= of.traffic.flows) expect('bindings made', translator.counters['bindings-created'], of.traffic.flows);
  }
  if (Object.keys(report.drops).length > 0) wrong.push(`drops: ${JSON.stringify(report.drops)}`);
  if (wrong.length > 0) throw new InvalidMeasurement(wrong.join('; '));
}

/** Bytes of control memory that grow with the connections: the manager's table, and those of the functions. */
export async function bytesOfTables(configuration: Configuration): Promise<number> {
  const checked = await checkConfiguration(configuration);
  if ('problems' in checked) throw new InvalidMeasurement(checked.problems.map(({ message }) => message).join('; '));
  const { functions, flows } = checked.plan;
  const indexes = ConnectionTable.maxFlowIndex(flows);
  const ofFunctions = functions.flatMap(({ tables }) => Object.values(tables)).reduce((sum, spec) => sum + tableBytes(spec, indexes), 0);
  return ConnectionTable.bytes(flows) + ofFunctions;
}
