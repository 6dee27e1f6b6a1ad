import { cnpIp } from '../../../../src/nf/dpi/protocols/cnp-ip.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(cnpIp, [
  ['a packet', hex('0018 01 01 00000000 6b8b4567 00000000 00000000 01020304'), 'done'],
  ['a length that is another', hex('0019 01 01 00000000 6b8b4567 00000000 00000000 01020304'), 'no'],
], { serverPort: 1628 });
