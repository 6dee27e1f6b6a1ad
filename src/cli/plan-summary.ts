/** A plan in words and as plain data: what `check` prints. */
import { capabilitiesOf, type CapabilityNeed } from '../runtime/capabilities.js';
import type { Plan, PlanPort, PlanPortSpec } from '../runtime/plan.js';
import { placementText, threadNames, threadsText } from '../runtime/placement-text.js';
import { writtenLeg } from '../runtime/written-port.js';
import { bytes, count, counted, shownPath } from './format.js';
import { needText } from './needs.js';
import { table } from './table.js';
import type { Style } from './terminal.js';

export interface PlanSummary {
  ports: ({ name: string } & Record<string, unknown>)[];
  chains: { name: string; placement: string; vms: { name: string; function: string; drops: string[] }[] }[];
  paths: { from: string; to: string; bothWays: boolean; match: string; chain: string; routing: Plan['paths'][number]['routing'] }[];
  /** That are started beside the main one. */
  threads: string[];
  /** Capabilities of the system. */
  needs: CapabilityNeed[];
  memory: Plan['memory'];
  flows: number;
  mode: Plan['mode'];
  burst: number;
}

export function summarize(plan: Plan): PlanSummary {
  const { memory, flows, mode, burst } = plan;
  return {
    ports: plan.ports.map(summarizePort),
    chains: chainsOf(plan).map((name) => ({
      name,
      placement: placementText(plan, name),
      vms: plan.functions.filter((vm) => vm.chain === name).map((vm) => ({ name: vm.name, function: vm.function, drops: vm.drops })),
    })),
    paths: plan.paths.map(({ from, to, bothWays, match, chain, routing }) => ({ from: plan.ports[from].name, to: plan.ports[to].name, bothWays, match, chain, routing })),
    threads: threadNames(plan),
    needs: capabilitiesOf(plan.ports),
    memory,
    flows,
    mode,
    burst,
  };
}

/** A leg in the words in which it was written. */
function summarizePort({ name, spec }: PlanPort): PlanSummary['ports'][number] {
  if (spec.kind === 'memory') return { name, kind: spec.kind, packets: spec.packets.length };
  return 'leg' in spec && spec.leg !== null ? { name, ...spec, leg: writtenLeg(spec.leg) } : { name, ...spec };
}

function chainsOf(plan: Plan): string[] {
  return [...new Set(plan.functions.map((each) => each.chain))];
}

export function renderSummary(file: string, plan: Plan, style: Style): string {
  const { slots, slotBytes } = plan.memory;
  const paths = plan.paths.map(({ from, to, bothWays, match, chain, routing }) => [
    `  ${plan.ports[from].name}`,
    bothWays ? '<->' : '->',
    plan.ports[to].name,
    match,
    `via ${chain}${routing === 'mesh' ? ', from VM to VM' : ''}`,
  ]);
  const chains = chainsOf(plan).map((name) => [`  ${name}`, chainText(plan, name), threadsText(plan, name)]);
  const threads = threadNames(plan);
  const size = `${count(slots)} slots of ${bytes(slotBytes)}: ${bytes(slots * slotBytes)}`;
  const needs = capabilitiesOf(plan.ports);
  const lines = [
    `${style.good('ok')}  ${style.strong(file)}`,
    '',
    style.strong('Paths'),
    ...table([{ title: '' }, { title: '' }, { title: '' }, { title: '', style: style.name }, { title: '' }], paths, { titleStyle: style.faint }),
    '',
    style.strong('Chains'),
    ...table([{ title: '' }, { title: '' }, { title: '', style: style.faint }], chains, { titleStyle: style.faint }),
    '',
    style.strong('Ports'),
    ...table([{ title: '' }, { title: '' }, { title: '', style: style.faint }], plan.ports.flatMap(portRows), { titleStyle: style.faint }),
    ...(needs.length === 0 ? [] : ['', style.strong('Needs'), ...needs.map((need) => `  ${needText(need)}`)]),
    '',
    style.strong('Threads'),
    `  ${counted(threads.length, 'thread')} beside the main one: ${threads.join(', ')}`,
    '',
    style.strong('Memory'),
    `  ${size}; ${count(plan.flows)} flows; bursts of ${plan.burst}; ${plan.mode}`,
  ];
  return `${lines.join('\n')}\n`;
}

function useText({ name, function: called }: Plan['functions'][number]): string {
  return name === called ? name : `${name} (${called})`;
}

/** Functions that share a VM stand in brackets, replicas of one function between bars, replicas of the chain behind each other. */
function chainText({ vms, functions }: Plan, chain: string): string {
  const own = functions.filter((each) => each.chain === chain);
  if (own.some(({ replica }) => replica.count > 1) && own.some(({ replica }) => replica.count === 1)) {
    return own.map((each, at) => `${at === 0 ? '' : each.replica.index > 0 ? ' | ' : ' -> '}${useText(each)}`).join('');
  }
  const replicas = new Map<number, string[]>();
  for (const vm of vms.filter((each) => each.chain === chain)) {
    const uses = vm.functions.map((at) => useText(functions[at])).join(' -> ');
    const { index } = functions[vm.functions[0]].replica;
    replicas.set(index, [...(replicas.get(index) ?? []), vm.functions.length > 1 ? `[${uses}]` : uses]);
  }
  return [...replicas.values()].map((parts) => parts.join(' -> ')).join('; ');
}

/** What is told of a leg, a line each. */
const LEG_KEYS = ['routes', 'mac', 'mtu', 'clampMss', 'detectDuplicates'] as const;

function portRows({ name, spec }: PlanPort): string[][] {
  const write = 'write' in spec && spec.write !== null ? `writes ${shownPath(spec.write)}` : '';
  if (!('leg' in spec) || spec.leg === null) return [[`  ${name}`, describePort(spec), write]];
  const leg = writtenLeg(spec.leg);
  const more = LEG_KEYS.flatMap((key) => (leg[key] === undefined ? [] : key === 'routes' ? leg.routes.split(', ').map((route) => `route ${route}`) : [`${key} ${leg[key]}`]));
  return [[`  ${name}`, describePort(spec), leg.addresses], ...more.map((text) => ['', '', text])];
}

/** What a port is, in a few words. */
export function describePort(spec: PlanPortSpec): string {
  switch (spec.kind) {
    case 'capture': {
      const file = shownPath(spec.file);
      if (spec.side === null) return `all of ${file}`;
      return `${spec.side} of ${file}, ${spec.inside === null ? 'by who spoke first' : 'by prefix'}`;
    }
    case 'generator':
      return `generator of ${count(spec.packets)} packets`;
    case 'memory':
      return `memory, ${count(spec.packets.length)} packets`;
    case 'vxlan':
      return `vxlan ${spec.vni} to ${spec.remoteAddress}`;
    case 'af-packet':
    case 'af-xdp':
    case 'tap':
    case 'tun':
      return `${spec.kind} ${spec.interface}`;
    default:
      return spec.kind;
  }
}
