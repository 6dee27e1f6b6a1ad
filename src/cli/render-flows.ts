/** The flows of a report, a line each, in the order in which they began. */
import type { Report } from '../runtime/report.js';
import { count } from './format.js';
import type { RenderOptions } from './render-options.js';
import { table } from './table.js';

/** Protocols with ports, as reports call them. */
const PORTED: readonly string[] = ['TCP', 'UDP', 'SCTP', 'DCCP', 'UDPLITE'];

export function renderFlows({ flows }: Report, { style, columns }: RenderOptions): string[] {
  if (flows === undefined || flows.length === 0) return [];
  return table(
    [
      { title: 'Flows' },
      { title: 'from', cut: 'middle' },
      { title: 'to', cut: 'middle' },
      { title: 'protocol', style: style.name },
      { title: 'host' },
      { title: 'packets', right: true },
      { title: 'verdict', style: (text) => (text === 'forward' ? style.good(text) : style.warn(text)) },
    ],
    flows.map(({ l4, a, b, icmp, protocol, host, packets, verdict }) => [`  ${l4}${icmp === undefined ? '' : ` ${icmp.type}/${icmp.code}`}`, endText(l4, a), endText(l4, b), protocol, host, `${count(packets[0])}/${count(packets[1])}`, verdict]),
    { titleStyle: style.strong, width: columns },
  );
}

/** Where one port is 0, it is one that a protocol does not have. */
function endText(l4: string, end: string): string {
  return PORTED.includes(l4) ? end : end.replace(/^\[?(.*?)\]?:0$/, '$1');
}
