/** Draws a plan as a Mermaid flowchart: ports, VMs in their chains, and the ways of packets in both directions. */
import { basename } from 'node:path';
import type { Plan, PlanPort } from '../runtime/plan.js';

/** Whole lines are the forward path, dotted ones the reverse path. */
export function drawPlan(plan: Plan): string {
  const lines = ['flowchart LR'];
  plan.ports.forEach((port, at) => lines.push(`  ${portId(at)}([${quoted(portLabel(port))}])`));
  const chains = [...new Set(plan.functions.map((each) => each.chain))];
  chains.forEach((chain, at) => {
    lines.push(`  subgraph chain${at}[${quoted(chain)}]`);
    plan.functions.forEach((vm, index) => {
      if (vm.chain === chain) lines.push(`    ${vmId(index)}[${quoted(vm.name === vm.function ? vm.name : `${vm.name}<br/>${vm.function}`)}]`);
    });
    lines.push('  end');
  });
  // Paths that share a chain share the links between its VMs.
  const drawn = new Set<string>();
  const link = (from: string, arrow: string, to: string): void => {
    const line = `  ${from} ${arrow} ${to}`;
    if (!drawn.has(line)) lines.push(line);
    drawn.add(line);
  };
  for (const { from, to, replicas, match, bothWays } of plan.paths) {
    for (const functions of replicas) {
      draw(link, [portId(from), ...functions.map(vmId), portId(to)], '-->', match);
      if (bothWays) draw(link, [portId(to), ...functions.toReversed().map(vmId), portId(from)], '-.->', match);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The first link says what takes the path. */
function draw(link: (from: string, arrow: string, to: string) => void, nodes: readonly string[], arrow: string, match: string): void {
  nodes.slice(1).forEach((node, at) => { link(nodes[at], at === 0 ? `${arrow}|${quoted(match)}|` : arrow, node); });
}

function portId(at: number): string {
  return `port${at}`;
}

function vmId(at: number): string {
  return `vm${at}`;
}

function portLabel({ name, spec }: PlanPort): string {
  const lines = [name];
  if (spec.kind === 'capture') lines.push(`reads ${basename(spec.file)}${spec.side === null ? '' : `, ${spec.side}`}`);
  else lines.push(spec.kind);
  if ('write' in spec && spec.write !== null) lines.push(`writes ${basename(spec.write)}`);
  return lines.join('<br/>');
}

/** Mermaid takes entities by number or name in quoted text; `<br/>` is ours. */
function quoted(text: string): string {
  const escaped = text.split('<br/>').map((part) =>
    part.replace(/[#"<>&|`]/g, (character) => `#${character.charCodeAt(0)};`).replaceAll('\n', ' '),
  );
  return `"${escaped.join('<br/>')}"`;
}
