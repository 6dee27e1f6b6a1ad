/** Stateful packet filter: ordered rules decide which connections may be opened (docs/firewall.md). */
import { defineNetworkFunction } from '../define.js';
import { counterNames } from './counters.js';
import { explainVerdict } from './explain.js';
import { Filter } from './filter.js';
import { FIREWALL_DROPS } from './judge.js';
import { firewallTables, type FirewallTables } from './layout.js';
import type { FirewallInput, FirewallOptions } from './options.js';
import { preparedRules } from './prepared-rules.js';

export type { FirewallInput } from './options.js';

type Drop = (typeof FIREWALL_DROPS)[number];

export const firewall = defineNetworkFunction<FirewallInput, FirewallOptions, Drop, string, FirewallTables>(
  import.meta.url,
  {
    name: 'firewall',
    options: () => import('./options.js').then(({ firewallSchema }) => firewallSchema),
    drops: FIREWALL_DROPS,
    counters: (options) => counterNames(preparedRules(options).rules),
    tables: firewallTables,
    prepare: async (options, preparation) => (await import('./options.js')).prepareRules(options, preparation),
    create: (context) => {
      const filter = new Filter(context);
      return {
        process: (packet) => filter.process(packet),
        explain: (packet, verdict) => explainVerdict(filter.judge, filter.connections, packet, verdict),
        update: (options) => {
          filter.update(options);
        },
      };
    },
  },
);
