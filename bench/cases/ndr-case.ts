/** Rates without loss: MRR, NDR and PDR of the chain, by placement. */
import { columnsOf, BASE, type ChainFactors } from '../configure.js';
import { compareChain } from '../chain-run.js';
import { highestRate, maximumReceiveRate, PDR_LOSS, trialOf } from '../rate-search.js';
import type { Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';

/** A search is twenty runs: each repetition takes as long as twenty of another case. */
const REPETITIONS = { quick: 1, default: 2, full: 10 } as const;

function way(changes: Partial<ChainFactors>, settings: BenchSettings): Way {
  const factors = { ...BASE, ...changes };
  return {
    way: 'millrace',
    factors: columnsOf(factors),
    repetitions: REPETITIONS[settings.profile],
    compare: () => compareChain(factors, settings.seed),
    measure: async (repetition) => {
      // The round that does not count warms nothing up here: every trial is a runtime of its own.
      if (repetition === 0) return [];
      const attempt = trialOf(factors, settings);
      const mrr = await maximumReceiveRate(attempt);
      const rate = (metric: string, pps: number): Measured => ({ metric, unit: 'Mpps', value: pps / 1e6, packets: null, seconds: null });
      return [
        rate('MRR', mrr),
        rate('PDR', await highestRate(attempt, mrr, PDR_LOSS)),
        rate('NDR', await highestRate(attempt, mrr, 0)),
      ];
    },
  };
}

function groups(settings: BenchSettings): Group[] {
  return [{ name: 'search', ways: [way({}, settings), way({ routing: 'mesh' }, settings), way({ placement: 'together' }, settings), way({ placement: 'inline' }, settings)] }];
}

export const ndrCase: BenchCase = { name: 'ndr', says: 'highest rate without loss, with 0.5 %, and the maximum received: NDR, PDR, MRR', byDefault: true, groups };
