import { FUEL_ROWS } from './fuel-rows.ts';
import { runBench } from './run-bench.ts';

await runBench({
  name: 'fuel',
  title: 'target images; ratios are against the original way of the same run',
  rows: FUEL_ROWS,
});
