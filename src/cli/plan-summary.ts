/** A plan in words and as plain data: what `check` prints. */
import { capabilitiesOf, type CapabilityNeed } from '../runtime/capabilities.js';
import type { Plan, PlanPort, PlanPortSpec } from '../runtime/plan.js';
import { bytes, count, shownPath } from './format.js';
import { needText } from './needs.js';
import { table } from './table.js';
import type { Style } from './terminal.js';

export interface PlanSummary {
  ports: ({ name: string } & Record<string, unknown>)[];
  chains: { name: string; vms: { name: string; function: string; drops: string[] }[] }[];
  paths: { from: string; to: string; bothWays: boolean; match: string; chain: string }[];
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
    ports: plan.ports.map(({ name, spec }) => (spec.kind === 'memory' ? { name, kind: spec.kind, packets: spec.packets.length } : { name, ...spec })),
    chains: chainsOf(plan).map((name) => ({
      name,
      vms: plan.functions.filter((vm) => vm.chain === name).map((vm) => ({ name: vm.name, function: vm.function, drops: vm.drops })),
    })),
    paths: plan.paths.map(({ from, to, bothWays, match, chain }) => ({ from: plan.ports[from].name, to: plan.ports[to].name, bothWays, match, chain })),
    needs: capabilitiesOf(plan.ports),
    memory,
    flows,
    mode,
    burst,
  };
}

function chainsOf(plan: Plan): string[] {
  return [...new Set(plan.functions.map((each) => each.chain))];
}

export function renderSummary(file: string, plan: Plan, style: Style): string {
  const { slots, slotBytes } = plan.memory;
  const paths = plan.paths.map(({ from, to, bothWays, match, chain }) => [
    `  ${plan.ports[from].name}`,
    bothWays ? '<->' : '->',
    plan.ports[to].name,
    match,
    `via ${chain}`,
  ]);
  const chains = chainsOf(plan).map((name) => [`  ${name}`, plan.functions.filter((vm) => vm.chain === name).map(useText).join(' -> ')]);
  const size = `${count(slots)} slots of ${bytes(slotBytes)}: ${bytes(slots * slotBytes)}`;
  const needs = capabilitiesOf(plan.ports);
  const lines = [
    `${style.good('ok')}  ${style.strong(file)}`,
    '',
    style.strong('Paths'),
    ...table([{ title: '' }, { title: '' }, { title: '' }, { title: '', style: style.name }, { title: '' }], paths, { titleStyle: style.faint }),
    '',
    style.strong('Chains'),
    ...table([{ title: '' }, { title: '' }], chains, { titleStyle: style.faint }),
    '',
    style.strong('Ports'),
    ...table([{ title: '' }, { title: '' }, { title: '', style: style.faint }], plan.ports.map(portRow), { titleStyle: style.faint }),
    ...(needs.length === 0 ? [] : ['', style.strong('Needs'), ...needs.map((need) => `  ${needText(need)}`)]),
    '',
    style.strong('Memory'),
    `  ${size}; ${count(plan.flows)} flows; bursts of ${plan.burst}; ${plan.mode}`,
  ];
  return `${lines.join('\n')}\n`;
}

function useText({ name, function: called }: Plan['functions'][number]): string {
  return name === called ? name : `${name} (${called})`;
}

function portRow({ name, spec }: PlanPort): string[] {
  const write = 'write' in spec && spec.write !== null ? `writes ${shownPath(spec.write)}` : '';
  return [`  ${name}`, describePort(spec), write];
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
