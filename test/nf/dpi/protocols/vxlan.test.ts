import { vxlan } from '../../../../src/nf/dpi/protocols/vxlan.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(vxlan, [
  ['a frame of a network', hex('08 000000 00002a 00 020000000002 020000000001 0800'), 'done'],
  ['a reserved byte that is set', hex('08 000001 00002a 00 020000000002 020000000001 0800'), 'no'],
  ['on another port', hex('08 000000 00002a 00 020000000002 020000000001 0800'), 'no', { serverPort: 4790 }],
], { serverPort: 4789 });
