/** Puts the function in front of a NAT, and sends the example's capture through both. */
import { capture, chain, nat, run } from 'millrace';
import { ttlGuard } from './ttl-guard.js';

const office = capture('../office.pcapng', { inside: ['10.0.0.0/8', 'fd00::/8'] });
const edge = chain('edge', [ttlGuard({ minimum: 2 }), nat({ external: '203.0.113.1' })]);

const report = await run(
  {
    ports: { inside: office.side('inside'), outside: office.side('outside') },
    paths: [{ between: ['inside', 'outside'], match: 'ip', via: edge }],
  },
  { baseDirectory: import.meta.dirname }, // of the file names above
);

console.table(report.vms.map(({ name, received, returned, drops }) => ({ name, received, returned, expired: drops['ttl-expired'] ?? 0 })));
