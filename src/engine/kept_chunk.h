// Private to engine/: one chunk of KeptRows.
#pragma once

#include <duckdb.h>

#include <array>
#include <vector>

#include "base/unique_handle.h"
#include "engine/duckdb_types.h"
#include "engine/kept_rows.h"
#include "model/batch_bytes.h"

namespace sluice {

struct KeptRows::Chunk {
  explicit Chunk(const std::vector<DuckType>& types) {
    std::vector<duckdb_logical_type> raw;
    for (const DuckType& type : types) raw.push_back(type.get());
    *handle.out() = duckdb_create_data_chunk(raw.data(), raw.size());
  }

  duckdb_vector vector(std::size_t column) const {
    return duckdb_data_chunk_get_vector(handle.get(), column);
  }
  Batch batch(const std::vector<SourceColumn>& columns) const {
    Batch out;
    out.rows = rows;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out.columns.push_back(view_of(vector(i), columns[i].type));
    }
    return out;
  }
  // Of what values stand in that have lengths of their own; the values are counted elsewhere.
  static std::uint64_t cell_bytes(const std::vector<SourceColumn>& columns) {
    std::uint64_t cells = 0;
    for (const SourceColumn& column : columns) {
      if (has_own_length(column.type)) ++cells;
    }
    return sizeof(Chunk) + cells * kBatchRowsMax * sizeof(TextCell);
  }

  UniqueHandle<duckdb_data_chunk, duckdb_destroy_data_chunk> handle;
  std::size_t rows = 0;
  std::array<Mark, kBatchRowsMax> marks{};
};

}  // namespace sluice
