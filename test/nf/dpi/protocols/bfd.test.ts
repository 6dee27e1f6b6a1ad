import { bfd } from '../../../../src/nf/dpi/protocols/bfd.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(bfd, [
  ['a control packet', hex('20 40 03 18 00000001 00000000 000f4240 000f4240 00000000'), 'done'],
  ['of another length', hex('20 40 03 19 00000001 00000000 000f4240 000f4240 00000000'), 'no'],
  ['without a discriminator', hex('20 40 03 18 00000000 00000000 000f4240 000f4240 00000000'), 'no'],
], { serverPort: 3784 });
