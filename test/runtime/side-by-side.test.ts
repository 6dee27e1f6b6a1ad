/** Several runtimes in one process: each has its hosts, its connections and its books, and ends by itself. */
import { chain, firewall, nat, queuePort, start } from 'millrace';
import { expect, test } from 'vitest';
import { see, udp } from '../nf/nat/packets.js';

async function startEdge(external: string) {
  const [inside, outside] = [queuePort(), queuePort()];
  const edge = chain('edge', [firewall({ rules: ['allow out any', 'deny in any'] }), nat({ external })], { placement: 'inline' });
  return { external, inside, outside, runtime: await start({ ports: { inside, outside }, paths: [{ between: ['inside', 'outside'], via: edge }] }) };
}
type Edge = Awaited<ReturnType<typeof startEdge>>;

/** A connection there and back. Both edges are given the same ends: what one keeps of them, the other does not see. */
async function converse({ external, inside, outside }: Edge, sourcePort: number): Promise<void> {
  const ends = { source: '10.0.0.7', sourcePort, destination: '192.0.2.1', destinationPort: 53 };
  await inside.send(udp(ends));
  const out = see((await outside.receive())!.bytes);
  expect([out.source, out.sourcePort]).toEqual([external, sourcePort]);
  await outside.send(udp({ source: ends.destination, sourcePort: 53, destination: external, destinationPort: out.sourcePort }));
  const back = see((await inside.receive())!.bytes);
  expect([back.destination, back.destinationPort]).toEqual([ends.source, sourcePort]);
}

async function endOf({ inside, outside, runtime }: Edge) {
  inside.end();
  outside.end();
  return (await runtime.finished).ledger;
}

test('translate the same hosts by addresses of their own, and one goes on when the other has ended', async () => {
  const [first, second] = await Promise.all(['203.0.113.1', '203.0.113.2'].map(startEdge));
  for (let port = 4000; port < 4010; port++) await Promise.all([converse(first, port), converse(second, port)]);
  // An answer that comes to the other one is nobody's there.
  await first.outside.send(udp({ source: '192.0.2.1', sourcePort: 53, destination: '203.0.113.2', destinationPort: 4000 }));
  expect(await endOf(first)).toMatchObject({ balanced: true, received: 21, transmitted: 20, dropped: 1 });
  for (let port = 4010; port < 4020; port++) await converse(second, port);
  expect((await second.runtime.audit()).balanced).toBe(true);
  expect(await endOf(second)).toMatchObject({ balanced: true, received: 40, transmitted: 40, dropped: 0 });
});
