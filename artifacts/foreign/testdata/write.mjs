// Writes the Arrow and Parquet files of this folder, with polars and apache-arrow:
//
//	npm install nodejs-polars@0.26.1 nodejs-polars-linux-x64-gnu@0.26.1 apache-arrow@21.2.0
//	node write.mjs FOLDER
//
// TestOtherWriters knows what they hold.

import fs from "node:fs";
import path from "node:path";
import * as arrow from "apache-arrow";
import pl from "nodejs-polars";

const folder = process.argv[2];
const rows = [...Array(12).keys()];
const label = rows.map((i) => i % 3);
const layer = rows.map((i) => (i % 2 ? "conv1" : "the first convolution"));
const activation = rows.map((i) => [0, 1, 2, 3, 4].map((j) => ((i + j) % 100) / 4));

const named = (name) => path.join(folder, name);

// polars holds text as string views, and categories as a dictionary of them.
const frame = pl
  .DataFrame({ label, layer, activation })
  .withColumns(pl.col("label").cast(pl.Int32), pl.col("activation").cast(pl.List(pl.Float32)));
frame.writeIPC(named("polars-lz4.arrow"), { compression: "lz4" });
frame.writeIPC(named("polars-zstd.arrow"), { compression: "zstd" });
frame.writeIPCStream(named("polars.arrows"));
frame.writeParquet(named("polars-lz4.parquet"), { compression: "lz4" });
frame.writeParquet(named("polars-brotli.parquet"), { compression: "brotli" });
frame.withColumns(pl.col("layer").cast(pl.Categorical)).writeIPC(named("polars-categories.arrow"));

// apache-arrow makes a dictionary of text, and leaves the schema of a file out
// of its messages.
const table = new arrow.Table({
  label: arrow.vectorFromArray(label, new arrow.Int32()),
  layer: arrow.vectorFromArray(layer),
  activation: arrow.vectorFromArray(activation, new arrow.List(new arrow.Field("item", new arrow.Float32(), true))),
});
fs.writeFileSync(named("javascript.arrow"), arrow.tableToIPC(table, "file"));
fs.writeFileSync(named("javascript.arrows"), arrow.tableToIPC(table, "stream"));
