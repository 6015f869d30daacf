// Private to engine/: sluice_bucket(n, value), the number of the bucket of n that a value is in,
// NULL for NULL: a hash of 31 bits (base/murmur3.h) modulo n. Hashed are whole numbers, booleans,
// dates, times and timestamps as 8 bytes, little-endian, in their own unit; decimals of up to 18
// digits likewise, unscaled; floats as 8-byte doubles; texts and blobs as they are. So do Iceberg
// for what it hashes too, but for decimals, and DuckLake.
#pragma once

#include <duckdb.h>

#include "base/result.h"

namespace sluice {

Status register_bucket_function(duckdb_connection connection);

}  // namespace sluice
