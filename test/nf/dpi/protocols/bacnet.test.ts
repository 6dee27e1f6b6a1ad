import { bacnet } from '../../../../src/nf/dpi/protocols/bacnet.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(bacnet, [
  ['who is there', hex('81 0b 0008 01 00 10 08'), 'done'],
  ['of another length', hex('81 0b 0009 01 00 10 08'), 'no'],
  ['a function that does not exist', hex('81 0d 0008 01 00 10 08'), 'no'],
], { serverPort: 47_808 });
