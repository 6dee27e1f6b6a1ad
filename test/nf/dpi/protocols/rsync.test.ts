import { rsync } from '../../../../src/nf/dpi/protocols/rsync.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(rsync, [
  ['a greeting', latin1('@RSYNCD: 31.0\n'), 'done'],
  ['half of it', latin1('@RSY'), 'more'],
  ['another text', latin1('@RSYNC 31.0\n'), 'no'],
]);
