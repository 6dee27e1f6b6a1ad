import { slp } from '../../../../src/nf/dpi/protocols/slp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(slp, [
  ['a request of version 2', hex('02 01 000012 0000 000000 0001 0002 656e 0000'), 'done'],
  ['one of version 1', hex('01 01 0010 0000 656e 0003 0001 00000000'), 'done'],
  ['of another length', hex('02 01 000013 0000 000000 0001 0002 656e 0000'), 'no'],
  ['a function that does not exist', hex('02 0c 000012 0000 000000 0001 0002 656e 0000'), 'no'],
], { serverPort: 427, isStream: false });
