/** Numbers from 0 up to, not including, 1 that a seed decides: a failed test can be run again with the same ones. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: `INGOT_TEST_SEED`, or a new one, to be put into the names of tests. */
export function seedOfRun(): number {
  return Number(process.env.INGOT_TEST_SEED ?? Date.now() % 1_000_000);
}
