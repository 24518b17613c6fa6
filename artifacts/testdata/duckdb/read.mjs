// Prints what DuckDB reads in a Parquet file, one JSON value a line: the
// key-value metadata, the schema, how the columns are stored, then the rows of
// the query, each an array of strings. Numbers are spelled so that they parse
// to the same value, which JSON cannot do for NaN, infinities and -0.
//
// usage: node read.mjs DIR FILE QUERY   (DIR holds node_modules; QUERY selects from file)
import { createRequire } from 'node:module';

const [dir, file, query] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(dir + '/')('@duckdb/node-api');

const spell = (v) =>
  Array.isArray(v) ? v.map(spell) : Object.is(v, -0) ? '-0' : v instanceof Uint8Array ? Buffer.from(v).toString('utf8') : String(v);

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowsJS().map(spell);
const name = `'${file.replaceAll("'", "''")}'`;

console.log(JSON.stringify(await rows(`select key, value from parquet_kv_metadata(${name})`)));
console.log(JSON.stringify(await rows(`select name, type, repetition_type, coalesce(converted_type, '') from parquet_schema(${name})`)));
console.log(JSON.stringify(await rows(`select distinct created_by, compression, encodings from parquet_file_metadata(${name}), parquet_metadata(${name})`)));
await connection.run(`create view file as select * from read_parquet(${name})`);
const result = await connection.stream(query);
for await (const chunk of result.yieldRowsJs()) {
  for (const row of chunk) process.stdout.write(JSON.stringify(row.map(spell)) + '\n');
}
