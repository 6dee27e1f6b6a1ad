import { bfd } from '../../../../src/nf/dpi/protocols/bfd.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(bfd, [
  ['a control packet', hex('20 40 05 18 0000abcd 00000000 00030d40 00030d40 00000000'), 'done'],
  ['of another length', hex('20 40 05 19 0000abcd 00000000 00030d40 00030d40 00000000'), 'no'],
  ['without a discriminator', hex('20 40 05 18 00000000 00000000 00030d40 00030d40 00000000'), 'no'],
], { serverPort: 3784 });
