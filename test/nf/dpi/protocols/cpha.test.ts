import { cpha } from '../../../../src/nf/dpi/protocols/cpha.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(cpha, [
  ['a message', hex('1a90 0c31 2785 0001 0016 793e 0001 fffe e04a 0100 0002'), 'done'],
  ['something else', hex('1a91 0c31 2785 0001 0016 793e 0001 fffe e04a 0100 0002'), 'no'],
], { serverPort: 8116 });
