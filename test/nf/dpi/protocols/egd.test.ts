import { egd } from '../../../../src/nf/dpi/protocols/egd.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(egd, [
  ['data', hex(`0d 01 d4f0 c0a8084d ${'00'.repeat(24)}`), 'done'],
  ['version 2', hex(`0d 02 d4f0 c0a8084d ${'00'.repeat(24)}`), 'no'],
], { serverPort: 18_246 });
