import { runBench } from './run-bench.ts';
import { prepareBench, W1_ROWS } from './w1-rows.ts';

await runBench({
  name: 'w1',
  title: 'W1; ratios are against the mmdebstrap chain of the same run',
  rows: W1_ROWS,
  prepare: prepareBench,
});
