/**
 * Every property test draws from one seed, so that a run of the tests is repeated by the next one; PROPERTY_SEED is another one,
 * and `scripts/fuzz.mjs` tries many. A failure prints the seed and the shrunk case.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });
