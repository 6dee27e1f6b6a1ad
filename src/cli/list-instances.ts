/** Asks every running instance of this user who it is and how fast it goes, and puts the answers into a table. */
import { ask } from '../runtime/control/client.js';
import type { InstanceRates } from '../runtime/control/commands/rates.js';
import { liveSocketFiles } from '../runtime/control/directory.js';
import { bitRate, count, duration, shownPath } from './format.js';
import { table, type Column } from './table.js';
import type { Style } from './terminal.js';

/** One that says nothing for so long is listed as such. */
const PATIENCE_MS = 5000;

export type Listed = InstanceRates | { name: string; pid: number; error: string };

export async function listInstances(): Promise<Listed[]> {
  return Promise.all((await liveSocketFiles()).map(({ name, pid, path }) =>
    ask<InstanceRates>(path, 'rates', {}, PATIENCE_MS).catch((error: unknown): Listed => ({ name, pid, error: (error as Error).message })),
  ));
}

export function renderInstances(found: readonly Listed[], style: Style, width: number): string {
  if (found.length === 0) return 'no instance is running\n';
  const heads: Column[] = [{ title: 'Instance', style: style.name }, { title: 'pid', right: true }, { title: 'up', right: true }, { title: 'chain file', style: style.faint, cut: 'middle' }];
  const rows = found.map((each) => {
    const { name, pid } = each;
    if ('error' in each) return [name, String(pid), '', each.error];
    return [name, String(pid), duration(each.uptimeMs), each.file === null ? '' : shownPath(each.file)];
  });
  const columns: Column[] = [
    { title: 'Instance' }, { title: 'port', style: style.name }, { title: 'kind' },
    ...['in packets/s', 'bit/s', 'out packets/s', 'bit/s', 'dropped/s'].map((title) => ({ title, right: true })),
  ];
  const ports = found.flatMap((each) => ('error' in each ? [] : each.ports.map(({ name, kind }, at) => {
    const { receivedPerSecond, receivedBitsPerSecond, transmittedPerSecond, transmittedBitsPerSecond, droppedPerSecond, down } = each.rates[name];
    return [
      at === 0 ? each.name : '', down === true ? `${name} (down)` : name, kind,
      count(receivedPerSecond), bitRate(receivedBitsPerSecond), count(transmittedPerSecond), bitRate(transmittedBitsPerSecond), count(droppedPerSecond),
    ];
  })));
  const options = { titleStyle: style.strong, width };
  return `${[...table(heads, rows, options), ...(ports.length === 0 ? [] : ['', ...table(columns, ports, options)])].join('\n')}\n`;
}
