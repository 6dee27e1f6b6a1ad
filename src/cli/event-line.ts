/** An event of a run as a line for whoever runs it. */
import type { RuntimeEvent } from '../runtime/events.js';
import { printable, shownPath } from './format.js';
import type { Style } from './terminal.js';
import { isUnread } from './unread.js';

const DOING = {
  packet: 'has been at one packet for a second: its VM passes nothing meanwhile',
  update: 'has been taking new options for a second, in update(): its VM passes nothing meanwhile',
  expire: 'has been in expire() for a second: its VM passes nothing meanwhile',
  create: 'has not been created in five seconds: what comes for it waits until its create() is done',
} as const;

const WRITTEN = { eve: 'the EVE log', writeDrops: 'dropped packets' } as const;

/** @param before what is to stand in front of it. @returns nothing for events that are shown elsewhere. */
export function eventLine(event: RuntimeEvent, style: Style, before = ''): string {
  switch (event.type) {
    case 'port-state':
      return `${before}${event.up ? style.good('up:') : style.warn('down:')} port '${event.port}': ${event.detail}\n`;
    case 'port-advice':
      return `${before}${style.warn('advice:')} port '${event.port}': ${event.detail}\n`;
    case 'vm-stalled':
      return `${before}${style.warn('waiting:')} network function '${event.vm}' of chain '${event.chain}' ${DOING[event.doing]}\n`;
    case 'write-failed':
      if (isUnread(event.file, event.why)) return '';
      return `${before}${style.bad('not written:')} ${event.what === 'port' ? `packets of port '${event.port}'` : WRITTEN[event.what]} to ${shownPath(event.file)}: ${printable(event.why)}${event.what === 'port' ? '; they are dropped as egress-failed from here on' : ''}\n`;
    default:
      return '';
  }
}
