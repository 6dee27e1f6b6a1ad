import { s7comm } from '../../../../src/nf/dpi/protocols/s7comm.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(s7comm, [
  ['a job', hex('03 00 0019 02 f0 80 32 01 0000 0200 0008 0000 f0 00 0001 0001 01e0'), 'done'],
  ['another mark', hex('03 00 0019 02 f0 80 33 01 0000 0200 0008 0000 f0 00 0001 0001 01e0'), 'no'],
]);
