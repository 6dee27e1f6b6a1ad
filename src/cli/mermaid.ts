/** Draws a plan as a Mermaid flowchart: ports, chains with their VMs, and both directions of every path. */
import type { Plan, PlanPortSpec } from '../runtime/plan.js';

/** Mermaid source. Forward paths are whole lines, reverse paths dotted ones; the match stands on the first line of each. */
export function mermaid(plan: Plan): string {
  const { ports, vms, paths } = plan;
  const lines = ['flowchart LR'];
  ports.forEach(({ name, spec }, at) => lines.push(`  p${at}(["${text(name)}<br/>${text(caption(spec))}"])`));
  [...new Set(vms.map((vm) => vm.chain))].forEach((chain, at) => {
    lines.push(`  subgraph c${at}["${text(chain)}"]`);
    vms.forEach((vm, index) => {
      if (vm.chain !== chain) return;
      const label = vm.name === vm.function ? text(vm.name) : `${text(vm.name)}<br/>${text(vm.function)}`;
      lines.push(`    v${index}["${label}"]`);
    });
    lines.push('  end');
  });
  // Several paths may share a chain: what two of them would draw alike is drawn once.
  const drawn = new Set<string>();
  const draw = (nodes: readonly string[], match: string, [line, start, end]: readonly [string, string, string]): void => {
    for (let at = 0; at + 1 < nodes.length; at++) {
      const arrow = at === 0 ? `${start} "${text(match)}" ${end}` : line;
      const edge = `  ${nodes[at]} ${arrow} ${nodes[at + 1]}`;
      if (!drawn.has(edge)) lines.push(edge);
      drawn.add(edge);
    }
  };
  for (const { from, to, bothWays, match, vms: hops } of paths) {
    const nodes = [`p${from}`, ...hops.map((vm) => `v${vm}`), `p${to}`];
    draw(nodes, match, ['-->', '--', '-->']);
    if (bothWays) draw(nodes.toReversed(), match, ['-.->', '-.', '.->']);
  }
  return `${lines.join('\n')}\n`;
}

function caption(spec: PlanPortSpec): string {
  if (spec.kind === 'capture') return spec.side === null ? 'capture' : `capture, ${spec.side}`;
  return spec.kind;
}

/** Mermaid reads labels as HTML with entities of its own. */
function text(label: string): string {
  return label.replace(/[&"<>#;]/g, (character) => `#${character.charCodeAt(0)};`);
}
