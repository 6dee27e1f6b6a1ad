/**
 * Source NAT with port translation for IPv4 (NAPT, RFC 3022): TCP, UDP, ICMP queries and the packets inside ICMP errors.
 * Of protocols without ports the address alone is translated.
 * Behaviour by RFC 4787, 5382 and 5508 is set out in docs/nat.md.
 */
import { defineNetworkFunction } from '../define.js';
import { externalAddresses } from './addresses.js';
import { explainTranslation } from './explain.js';
import { NAT_COUNTERS, NAT_DROPS, natTables } from './layout.js';
import { optionProblems } from './option-problems.js';
import { shortWayOf } from './short-way.js';
import { Translator } from './translator.js';

export type { NatInput } from './options.js';

export const nat = defineNetworkFunction(import.meta.url, {
  name: 'nat',
  options: () => import('./options.js').then(({ natOptions }) => natOptions),
  drops: NAT_DROPS,
  counters: NAT_COUNTERS,
  tables: natTables,
  // A host's ports have one external port each, whoever it speaks to (RFC 4787 REQ-1): all its connections meet one replica.
  spread: (options) => ({ by: 'inside-host', external: externalAddresses(options) }),
  prepare: (options, preparation) => {
    optionProblems(options, (problem) => preparation.problem(problem));
    return options;
  },
  create: (context) => {
    let optionsNumber = 1;
    const shortWay = shortWayOf(context);
    let translator = new Translator(context, context.options, optionsNumber, shortWay);
    return {
      process: (packet) => translator.process(packet),
      explain: (packet, verdict) => explainTranslation(translator.parts, packet, verdict),
      // Bindings to addresses and ports that are no longer ours end; all others stay as they are.
      update: (options) => {
        optionsNumber = (optionsNumber % 0xffff) + 1;
        translator = new Translator(context, options, optionsNumber, shortWay);
      },
      expire: (nowMs) => translator.expire(nowMs),
    };
  },
});
