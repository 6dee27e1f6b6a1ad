import { hartIp } from '../../../../src/nf/dpi/protocols/hart-ip.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(hartIp, [
  ['a session begins', hex('01 00 00 00 0002 000d 01 00007530'), 'done', { serverPort: 5094 }],
  ['from the port beside it, supposed', hex('01 00 00 00 0002 000d 01 00007530'), 'maybe', { serverPort: 5095 }],
  ['a length that is another', hex('01 00 00 00 0002 000e 01 00007530'), 'no', { serverPort: 5094 }],
], { serverPort: 5094 });
