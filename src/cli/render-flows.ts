/** The flows of a report, a line each, in the order in which they began. */
import type { Report } from '../runtime/report.js';
import { count } from './format.js';
import type { RenderOptions } from './render-options.js';
import { table } from './table.js';

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
    flows.map(({ l4, a, b, protocol, host, packets, verdict }) => [`  ${l4}`, a, b, protocol, host, `${count(packets[0])}/${count(packets[1])}`, verdict]),
    { titleStyle: style.strong, width: columns },
  );
}
