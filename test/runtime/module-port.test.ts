import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/runtime/simulate.js';
import { sink } from '../../src/runtime/port-values.js';
import { chain } from '../../src/chain/chain.js';
import { firewall } from '../../src/nf/firewall/index.js';
import type { Configuration } from '../../src/runtime/configuration.js';

const ONE_PACKET = new URL('../support/one-packet-port.mjs', import.meta.url).href;
const configuration = (module: string): Configuration => ({
  ports: { in: { kind: 'module', module, options: { length: 77 } }, out: sink() },
  paths: [{ from: 'in', to: 'out', via: chain('open', [firewall({ rules: ['allow any'] })]) }],
});

describe('a port that a module makes', () => {
  it('is imported by the thread that serves it and given its options', async () => {
    const report = await simulate(configuration(ONE_PACKET));
    expect(report.ports.in).toMatchObject({ received: 1, receivedBytes: 77 });
    expect(report.ledger).toMatchObject({ received: 1, balanced: true });
  });

  it('is refused when its URL is none, and when the module makes no port', async () => {
    await expect(simulate(configuration('not a URL'))).rejects.toThrow('ports.in.module');

    await expect(simulate(configuration('data:text/javascript,export default 7'))).rejects.toThrow("of port 'in': expected a function as its default export, found number");
  });
});
