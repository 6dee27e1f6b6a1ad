/** Deep packet inspection: names flows by their content, finds byte signatures in them, drops what it is told to. */
import { defineNetworkFunction } from '../define.js';
import { keyed, perFlow } from '../tables.js';
import { BlockList } from './block-list.js';
import { Classifier } from './classifier.js';
import { Sayings, statusAt } from './explain.js';
import { FLOW_WORDS } from './flow-layout.js';
import { Inspector } from './inspector.js';
import type { DpiOptions } from './options.js';
import { Rejections } from './rejections.js';
import { RuleWatch } from './rule-watch.js';
import { SignatureWatch } from './signature-watch.js';
import { RULE_FLOW_WORDS } from './signatures/rules/flow-layout.js';
import { THRESHOLD_KEY_WORDS, THRESHOLD_VALUE_WORDS } from './signatures/rules/threshold-table.js';
import { StreamBuffers } from './stream-buffers.js';
import { StreamFollower } from './stream-follower.js';

export type { DpiInput } from './options.js';

/** Alerts remembered, so that a flow gives one for each signature. */
const ALERTS_REMEMBERED = 8192;
/** Hosts for which the thresholds of rules are counted at a time. */
const THRESHOLDS_REMEMBERED = 8192;
/** A stream that stalls longer than this is not worth a buffer: retransmission has given up or the capture has a gap. */
const IDLE_STREAM_MS = 30_000;

export const dpi = defineNetworkFunction(import.meta.url, {
  name: 'dpi',
  options: () => import('./options.js').then(({ dpiOptions }) => dpiOptions),
  drops: ['dpi-signature', 'dpi-blocked'],
  counters: ['classified', 'given-up', 'signature-hits', 'stream-buffers-exhausted', 'out-of-order', 'bytes-scanned', 'bytes-buffered', 'rule-hits', 'rejected', 'rule-windows-exhausted', 'rule-budget-exhausted'],
  // Without rules their tables are as small as tables can be.
  tables: ({ suricata }: DpiOptions) => ({
    flows: perFlow(FLOW_WORDS),
    alerted: keyed({ keyWords: 2, valueWords: 0, capacity: ALERTS_REMEMBERED }),
    ruleFlows: perFlow(suricata.length > 0 ? RULE_FLOW_WORDS : 1),
    thresholds: keyed({ keyWords: THRESHOLD_KEY_WORDS, valueWords: THRESHOLD_VALUE_WORDS, capacity: suricata.some((rule) => rule.threshold !== null) ? THRESHOLDS_REMEMBERED : 1 }),
  }),
  prepare: async (options, preparation) => (await import('./options.js')).prepareOptions(options, preparation),
  create: (context) => {
    const { options, drop, reply, counters, state } = context;
    const { words } = state.flows;
    const sayings = new Sayings(context);
    const buffers = new StreamBuffers(options.streams.buffers, options.streams.bytes);
    const blockList = (from: typeof options): BlockList => new BlockList(from.block.protocols, from.block.hosts);
    const classifier = new Classifier({ words, context: sayings, classified: counters.classified }, blockList(options));
    const follower = new StreamFollower(
      {
        words,
        buffers,
        classifier,
        exhausted: counters['stream-buffers-exhausted'],
        outOfOrder: counters['out-of-order'],
        buffered: counters['bytes-buffered'],
        now: () => context.now(),
      },
      options.budget,
    );
    const watch = new SignatureWatch(
      { words, context: sayings, alerted: state.alerted, facts: classifier.facts, hits: counters['signature-hits'], scanned: counters['bytes-scanned'] },
      options.rules,
    );
    const rules = new RuleWatch(
      {
        flows: state.ruleFlows, facts: classifier.facts, alerted: state.alerted, thresholds: state.thresholds, context: sayings, hits: counters['rule-hits'],
        exhausted: counters['rule-budget-exhausted'], noWindow: counters['rule-windows-exhausted'], buffered: counters['bytes-buffered'],
      },
      options.suricata,
      options.streams.windows,
    );
    const rejections = new Rejections({ now: () => context.now(), drop: drop['dpi-signature'], reply: reply['dpi-signature'], rejected: counters.rejected }, options.icmpErrorsPerSecond);
    const inspector = new Inspector({
      flows: state.flows,
      classifier,
      follower,
      watch,
      rules,
      signatureDrop: drop['dpi-signature'],
      blockedDrop: drop['dpi-blocked'],
      rejections,
      givenUp: counters['given-up'],
    });
    return {
      process: (packet) => inspector.process(packet),
      explain: (packet) => sayings.explain(packet, words[statusAt(state.flows.of(packet.flowId))]),
      // The pool of stream buffers keeps its size: it is made once.
      update: (next) => {
        classifier.blockList = blockList(next);
        follower.budget = next.budget;
        watch.replace(next.rules);
        rules.replace(next.suricata);
        rejections.update(next.icmpErrorsPerSecond);
        inspector.refresh();
      },
      expire: (nowMs) => {
        buffers.releaseIdle(nowMs, IDLE_STREAM_MS);
        watch.expire(nowMs);
        rules.expire(nowMs);
      },
    };
  },
});
