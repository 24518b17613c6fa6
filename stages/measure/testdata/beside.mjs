// The mean activation of each unit for each class, by DuckDB and by polars: what they take beside BenchmarkFile for the same file.
//
// usage: node beside.mjs DIR FILE duckdb|polars|bytes   (DIR holds node_modules with @duckdb/node-api 1.5.6-r.1 and nodejs-polars 0.25.2)
// Prints seconds, seconds of processor, and the peak of memory in MB.
import { createRequire } from 'node:module';
import { openSync, readSync } from 'node:fs';

const [dir, file, tool] = process.argv.slice(2);
const require = createRequire(dir + '/');
const start = performance.now();
let means = 0;
if (tool === 'duckdb') {
  const { DuckDBInstance } = require('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:', { memory_limit: '4GB' })).connect();
  const result = await connection.runAndReadAll(`
    select label, unit, avg(value) from (
      select label, unnest(activation) as value, generate_subscripts(activation, 1) as unit from read_parquet('${file}'))
    group by label, unit`);
  means = result.getRowsJS().length;
} else if (tool === 'polars') {
  const pl = require('nodejs-polars');
  const unit = (i) => pl.col('activation').lst.get(i).mean().alias(String(i)); // of 256
  const rows = pl.scanParquet(file).groupBy('label').agg(...Array.from({ length: 256 }, (_, i) => unit(i))).collectSync({ streaming: true });
  means = rows.height * (rows.width - 1);
} else {
  const buffer = Buffer.alloc(1 << 20), f = openSync(file, 'r');
  while (readSync(f, buffer) > 0);
}
const { user, system } = process.cpuUsage();
console.log(`${tool}: ${((performance.now() - start) / 1e3).toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of processor, `
  + `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, ${means} means`);
