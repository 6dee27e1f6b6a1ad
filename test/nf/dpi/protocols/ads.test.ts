import { ads } from '../../../../src/nf/dpi/protocols/ads.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(ads, [
  ['a request', hex('0000 20000000 050d75600101 1027 c0a801630101 0380 0400 0400 00000000 00000000 05000000'), 'done'],
  ['a length that is another', hex('0000 20000000 050d75600101 1027 c0a801630101 0380 0400 0400 01000000 00000000 05000000'), 'no'],
], { serverPort: 48_898 });
