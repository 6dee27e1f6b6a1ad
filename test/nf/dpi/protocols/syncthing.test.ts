import { syncthing } from '../../../../src/nf/dpi/protocols/syncthing.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(syncthing, [
  ['an announcement', hex(`2ea7d90b 0a20 ${'92'.repeat(32)} 1219`), 'done'],
  ['another magic number', hex(`2ea7d90c 0a20 ${'92'.repeat(32)} 1219`), 'no'],
]);
