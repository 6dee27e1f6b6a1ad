import { pptp } from '../../../../src/nf/dpi/protocols/pptp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(pptp, [
  ['an echo request', hex('0010 0001 1a2b3c4d 0005 0000 00000001'), 'done'],
  ['another number', hex('0010 0001 1a2b3c4e 0005 0000 00000001'), 'no'],
  ['longer than any message', hex('0110 0001 1a2b3c4d 0005 0000 00000001'), 'no'],
]);
