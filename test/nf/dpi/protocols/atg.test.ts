import { atg } from '../../../../src/nf/dpi/protocols/atg.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(atg, [
  ['an inquiry', latin1('\x01I20100\r\n'), 'done'],
  ['letters where digits belong', latin1('\x01I2x100\r\n'), 'no'],
], { serverPort: 10_001 });
