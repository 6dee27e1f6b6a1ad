/** What a configuration would run, as text and as JSON. */
import { relative } from 'node:path';
import type { Plan, PlanPortSpec } from '../runtime/plan.js';
import { counted, grouped, PLAIN, type Style } from './style.js';
import { table } from './table.js';

export interface DescribePlanOptions {
  title: string;
  cwd: string;
  style?: Style;
}

export function describePlan(plan: Plan, { title, cwd, style = PLAIN }: DescribePlanOptions): string {
  const { ports, vms, paths, memory, flows, mode, burst } = plan;
  const portRows = ports.map(({ name, spec }) => [name, sourceOf(spec, cwd), writeOf(spec, cwd)]);
  const vmRows = vms.map((vm) => [vm.name, vm.function, vm.chain, vm.drops.join(', ') || '-']);
  const pathRows = paths.map((path) => {
    const route = [ports[path.from].name, ...path.vms.map((at) => vms[at].name), ports[path.to].name];
    return [path.match, route.join(path.bothWays ? ' ↔ ' : ' → ')];
  });
  const blocks = [
    [`${style.bold(title)}  ${style.good('no problems')}`],
    table([{ title: 'port' }, { title: 'receives' }, { title: 'writes' }], portRows, style),
    table([{ title: 'VM' }, { title: 'function' }, { title: 'chain' }, { title: 'may drop as' }], vmRows, style),
    table([{ title: 'match' }, { title: 'path (the first that matches)' }], pathRows, style),
    [
      `  ${style.title('memory')}  ${grouped(memory.slots)} slots of ${grouped(memory.slotBytes)} B, ${counted(flows, 'flow')}, bursts of ${burst}, ${mode}`,
    ],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The plan without the options that functions prepared for themselves: those may be large, and are nobody else's. */
export function planToJson(plan: Plan): unknown {
  return {
    schemaVersion: 1,
    ...plan,
    ports: plan.ports.map((port) => (port.spec.kind === 'memory' ? { ...port, spec: { ...port.spec, packets: port.spec.packets.length } } : port)),
    vms: plan.vms.map(({ options: _, ...vm }) => vm),
    problems: [],
  };
}

function shown(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') ? file : path;
}

function sourceOf(spec: PlanPortSpec, cwd: string): string {
  switch (spec.kind) {
    case 'capture': {
      if (spec.side === null) return shown(spec.file, cwd);
      const split = spec.inside === null ? 'by who spoke first' : `inside is ${spec.inside.join(', ')}`;
      return `${shown(spec.file, cwd)}, ${spec.side} (${split})`;
    }
    case 'generator':
      return counted(spec.packets, 'generated packet');
    case 'memory':
      return counted(spec.packets.length, 'packet');
    case 'queue':
      return 'what the application sends';
    case 'sink':
      return 'nothing';
  }
}

function writeOf(spec: PlanPortSpec, cwd: string): string {
  return 'write' in spec && spec.write !== null ? shown(spec.write, cwd) : '-';
}
