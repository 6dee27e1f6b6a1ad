/** The flows of a report, a line each. */
import type { Report } from '../runtime/report.js';
import type { RenderOptions } from './render.js';
import { count } from './format.js';
import { table } from './table.js';

/** An IPv6 address with its port is cut in the middle beyond this: three such columns fit 100. */
const MAX_END = 28;
const MAX_HOST = 24;

export function renderFlows({ flows }: Report, { style }: RenderOptions): string[] {
  if (flows === undefined || flows.length === 0) return [];
  return table(
    [
      { title: 'Flows' },
      { title: 'from', most: MAX_END },
      { title: 'to', most: MAX_END },
      { title: 'protocol', style: style.name },
      { title: 'host', most: MAX_HOST },
      { title: 'packets', right: true },
      { title: 'verdict', style: (text) => (text === 'forward' ? style.good(text) : style.warn(text)) },
    ],
    flows.map(({ l4, a, b, protocol, host, packets, verdict }) => [`  ${l4}`, a, b, protocol, host, `${count(packets[0])}/${count(packets[1])}`, verdict]),
    style.strong,
  );
}
