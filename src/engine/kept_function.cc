#include "engine/kept_function.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "engine/kept_chunk.h"

namespace sluice {
namespace {

std::mutex registry_mutex;
std::map<std::int64_t, std::shared_ptr<KeptRows>>& registry() {
  static std::map<std::int64_t, std::shared_ptr<KeptRows>> all;
  return all;
}

std::shared_ptr<KeptRows> find_rows(std::int64_t id) {
  const std::lock_guard lock(registry_mutex);
  const auto at = registry().find(id);
  return at == registry().end() ? nullptr : at->second;
}

std::int64_t parameter(duckdb_bind_info info, idx_t index) {
  duckdb_value value = duckdb_bind_get_parameter(info, index);
  const std::int64_t out = duckdb_get_int64(value);
  duckdb_destroy_value(&value);
  return out;
}

template <typename T>
void destroy(void* state) {
  delete static_cast<T*>(state);
}

}  // namespace

// What one statement scans; also that statement's bind data.
class KeptScan {
 public:
  KeptScan(std::shared_ptr<KeptRows> rows, MarkSet marks) : rows_(std::move(rows)), marks_(marks) {}

  const KeptRows& rows() const { return *rows_; }
  std::shared_ptr<KeptRows> shared() const { return rows_; }
  MarkSet marks() const { return marks_; }
  void project(std::size_t column) { projection_.push_back(column); }

  std::uint64_t count() const {
    std::uint64_t out = 0;
    for (const auto& chunk : rows_->chunks_) {
      out += static_cast<std::uint64_t>(std::count_if(
          chunk->marks.begin(), chunk->marks.begin() + static_cast<std::ptrdiff_t>(chunk->rows),
          [this](Mark mark) { return shows(mark); }));
    }
    return out;
  }

  // Gives the next chunk that has a row to show; its size is 0 at the end.
  void next(duckdb_data_chunk output) {
    for (std::size_t i = next_++; i < rows_->chunks_.size(); i = next_++) {
      const std::size_t count = show(*rows_->chunks_[i], output);
      duckdb_data_chunk_set_size(output, count);
      if (count > 0) return;
    }
    duckdb_data_chunk_set_size(output, 0);
  }

 private:
  bool shows(Mark mark) const { return (mark_bit(mark) & marks_) != 0; }

  // The chunk's vectors are handed over as they are, with the places of the rows that are shown.
  std::size_t show(const KeptRows::Chunk& chunk, duckdb_data_chunk output) const {
    const duckdb_selection_vector places = duckdb_create_selection_vector(kBatchRowsMax);
    sel_t* const place = duckdb_selection_vector_get_data_ptr(places);
    std::size_t count = 0;
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      place[count] = static_cast<sel_t>(row);
      if (shows(chunk.marks[row])) ++count;
    }
    for (std::size_t i = 0; i < projection_.size() && count > 0; ++i) {
      const duckdb_vector to = duckdb_data_chunk_get_vector(output, i);
      const std::size_t column = projection_[i];
      if (column < rows_->columns_.size()) {
        duckdb_vector_reference_vector(to, chunk.vector(column));
        if (count < chunk.rows) duckdb_slice_vector(to, places, count);
      } else if (column == rows_->columns_.size()) {
        auto* const marks = static_cast<Mark*>(duckdb_vector_get_data(to));
        for (std::size_t row = 0; row < count; ++row) marks[row] = chunk.marks[place[row]];
      }  // else: a row id that only count(*) asks for
    }
    duckdb_destroy_selection_vector(places);
    return count;
  }

  std::shared_ptr<KeptRows> rows_;
  MarkSet marks_;
  std::vector<std::size_t> projection_;
  std::atomic<std::size_t> next_{0};
};

namespace {

void bind(duckdb_bind_info info) {
  auto rows = find_rows(parameter(info, 0));
  if (!rows) return duckdb_bind_set_error(info, "sluice_kept: no such rows");
  for (const SourceColumn& column : rows->columns()) {
    const DuckType type = duck_type(column.type);
    duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
  }
  const DuckType mark(duckdb_create_logical_type(DUCKDB_TYPE_UTINYINT));
  duckdb_bind_add_result_column(info, "sluice_mark", mark.get());
  auto* scan = new KeptScan(std::move(rows), static_cast<MarkSet>(parameter(info, 1)));
  duckdb_bind_set_cardinality(info, scan->count(), true);
  duckdb_bind_set_bind_data(info, scan, destroy<KeptScan>);
}

void init(duckdb_init_info info) {
  const auto* bound = static_cast<KeptScan*>(duckdb_init_get_bind_data(info));
  auto* scan = new KeptScan(bound->shared(), bound->marks());
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    scan->project(duckdb_init_get_column_index(info, i));
  }
  duckdb_init_set_max_threads(info, std::max<std::size_t>(1, bound->rows().batches()));
  duckdb_init_set_init_data(info, scan, destroy<KeptScan>);
}

void scan(duckdb_function_info info, duckdb_data_chunk output) {
  static_cast<KeptScan*>(duckdb_function_get_init_data(info))->next(output);
}

}  // namespace

std::int64_t register_kept_rows(std::shared_ptr<KeptRows> rows) {
  static std::atomic<std::int64_t> next_id{1};
  const std::int64_t id = next_id++;
  const std::lock_guard lock(registry_mutex);
  registry()[id] = std::move(rows);
  return id;
}

void unregister_kept_rows(std::int64_t id) {
  const std::lock_guard lock(registry_mutex);
  registry().erase(id);
}

Status register_kept_function(duckdb_connection connection) {
  UniqueHandle<duckdb_table_function, duckdb_destroy_table_function> function(
      duckdb_create_table_function());
  duckdb_table_function_set_name(function.get(), "sluice_kept");
  const DuckType integer(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_add_parameter(function.get(), integer.get());
  duckdb_table_function_add_parameter(function.get(), integer.get());
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_function(function.get(), scan);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    return fail(ErrorKind::kInternal, "cannot register sluice_kept");
  }
  return {};
}

}  // namespace sluice
