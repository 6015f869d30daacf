#include "engine/scan_function.h"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <map>
#include <mutex>

#include "engine/bucket_function.h"
#include "engine/digest_tap.h"
#include "engine/duckdb_types.h"
#include "engine/kept_function.h"
#include "engine/number_functions.h"
#include "model/batch_bytes.h"

// sluice_scan(id): threads take partitions from a shared counter; each thread reads one partition
// to its end, then takes the next. An error of a source is parked and its token given to the
// engine.

namespace sluice {
namespace {

constexpr std::string_view kErrorToken = "sluice-error-";

std::mutex registry_mutex;
std::map<std::int64_t, std::shared_ptr<TableSource>>& sources() {
  static std::map<std::int64_t, std::shared_ptr<TableSource>> all;
  return all;
}
std::map<std::int64_t, Error>& parked() {
  static std::map<std::int64_t, Error> all;
  return all;
}
std::atomic<std::int64_t> next_id{1};

struct BindData {
  std::shared_ptr<TableSource> source;
};

struct ScanState {
  std::shared_ptr<TableSource> source;
  std::vector<std::size_t> projection;
  std::atomic<std::size_t> next_partition{0};
};

struct ThreadState {
  std::unique_ptr<PartitionReader> reader;
};

template <typename T>
void destroy(void* state) {
  delete static_cast<T*>(state);
}

void scan_bind(duckdb_bind_info info) {
  duckdb_value parameter = duckdb_bind_get_parameter(info, 0);
  const std::int64_t id = duckdb_get_int64(parameter);
  duckdb_destroy_value(&parameter);
  std::shared_ptr<TableSource> source;
  {
    const std::lock_guard lock(registry_mutex);
    const auto at = sources().find(id);
    if (at != sources().end()) source = at->second;
  }
  if (!source) return duckdb_bind_set_error(info, "sluice_scan: no such source");
  for (const SourceColumn& column : source->columns()) {
    const DuckType type = duck_type(column.type);
    duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
  }
  if (source->rows_estimate() > 0) {
    duckdb_bind_set_cardinality(info, source->rows_estimate(), false);
  }
  duckdb_bind_set_bind_data(info, new BindData{source}, destroy<BindData>);
}

void scan_init(duckdb_init_info info) {
  const auto* bind = static_cast<BindData*>(duckdb_init_get_bind_data(info));
  auto* state = new ScanState;
  state->source = bind->source;
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    // A virtual column (row id, asked for by count(*)) has an index past the end: nothing to read.
    const idx_t index = duckdb_init_get_column_index(info, i);
    state->projection.push_back(static_cast<std::size_t>(index));
  }
  duckdb_init_set_max_threads(info, std::max<std::size_t>(1, bind->source->partitions()));
  duckdb_init_set_init_data(info, state, destroy<ScanState>);
}

void scan_local_init(duckdb_init_info info) {
  duckdb_init_set_init_data(info, new ThreadState, destroy<ThreadState>);
}

Result<std::size_t> fill(ScanState& scan, ThreadState& thread, duckdb_data_chunk output) {
  const auto& all = scan.source->columns();
  std::vector<std::size_t> projection;
  std::vector<ColumnWriter> writers;
  for (std::size_t i = 0; i < scan.projection.size(); ++i) {
    if (scan.projection[i] >= all.size()) continue;
    projection.push_back(scan.projection[i]);
    writers.emplace_back(duckdb_data_chunk_get_vector(output, i), &all[scan.projection[i]].type);
  }
  while (true) {
    if (!thread.reader) {
      const std::size_t partition = scan.next_partition++;
      if (partition >= scan.source->partitions()) return 0;
      TRY_ASSIGN(thread.reader, scan.source->open(partition, projection));
    }
    TRY_ASSIGN(const std::size_t rows, thread.reader->read(writers, kBatchRowsMax));
    if (rows > 0) return rows;
    thread.reader.reset();
  }
}

void scan_function(duckdb_function_info info, duckdb_data_chunk output) {
  auto* scan = static_cast<ScanState*>(duckdb_function_get_init_data(info));
  auto* thread = static_cast<ThreadState*>(duckdb_function_get_local_init_data(info));
  const Result<std::size_t> rows = fill(*scan, *thread, output);
  if (!rows) {
    duckdb_function_set_error(info, park_error(rows.error()).c_str());
    return;
  }
  duckdb_data_chunk_set_size(output, *rows);
}

// sluice_tap(id, columns...): the types come from the vectors themselves.
void tap_function(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  auto* passed = static_cast<bool*>(duckdb_vector_get_data(output));
  std::fill_n(passed, rows, true);
  if (rows == 0) return;
  const auto* ids =
      static_cast<std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 0)));
  DigestTap* tap = DigestTap::find(ids[0]);
  if (tap == nullptr) return duckdb_scalar_function_set_error(info, "sluice_tap: no such tap");
  const idx_t columns = duckdb_data_chunk_get_column_count(input);
  std::vector<Type> types;
  types.reserve(columns);
  Batch batch;
  batch.rows = rows;
  for (idx_t i = 1; i < columns; ++i) {
    const duckdb_vector vector = duckdb_data_chunk_get_vector(input, i);
    const DuckType type(duckdb_vector_get_column_type(vector));
    types.push_back(type_of(type.get()));
    batch.columns.push_back(view_of(vector, types.back()));
  }
  ZeroSigns zeros;
  zeros.add(batch);
  tap->add(digest_of(batch), value_bytes(batch), zeros);
}

Status register_scan(duckdb_connection connection) {
  UniqueHandle<duckdb_table_function, duckdb_destroy_table_function> function(
      duckdb_create_table_function());
  duckdb_table_function_set_name(function.get(), "sluice_scan");
  const DuckType id(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_add_parameter(function.get(), id.get());
  duckdb_table_function_set_bind(function.get(), scan_bind);
  duckdb_table_function_set_init(function.get(), scan_init);
  duckdb_table_function_set_local_init(function.get(), scan_local_init);
  duckdb_table_function_set_function(function.get(), scan_function);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    return fail(ErrorKind::kInternal, "cannot register sluice_scan");
  }
  return {};
}

Status register_tap(duckdb_connection connection) {
  UniqueHandle<duckdb_scalar_function, duckdb_destroy_scalar_function> function(
      duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(function.get(), "sluice_tap");
  const DuckType id(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const DuckType any(duckdb_create_logical_type(DUCKDB_TYPE_ANY));
  const DuckType boolean(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));
  duckdb_scalar_function_add_parameter(function.get(), id.get());
  duckdb_scalar_function_set_varargs(function.get(), any.get());
  duckdb_scalar_function_set_return_type(function.get(), boolean.get());
  duckdb_scalar_function_set_special_handling(function.get());  // NULL cells come through
  duckdb_scalar_function_set_volatile(function.get());
  duckdb_scalar_function_set_function(function.get(), tap_function);
  if (duckdb_register_scalar_function(connection, function.get()) != DuckDBSuccess) {
    return fail(ErrorKind::kInternal, "cannot register sluice_tap");
  }
  return {};
}

}  // namespace

std::int64_t register_scan_source(std::shared_ptr<TableSource> source) {
  const std::int64_t id = next_id++;
  const std::lock_guard lock(registry_mutex);
  sources()[id] = std::move(source);
  return id;
}

void unregister_scan_source(std::int64_t id) {
  const std::lock_guard lock(registry_mutex);
  sources().erase(id);
}

Status register_functions(duckdb_connection connection) {
  TRY(register_scan(connection));
  TRY(register_tap(connection));
  TRY(register_kept_function(connection));
  TRY(register_bucket_function(connection));
  return register_number_functions(connection);
}

std::string park_error(Error error) {
  const std::int64_t id = next_id++;
  const std::lock_guard lock(registry_mutex);
  std::string text = fmt::format("{}{}: {}", kErrorToken, id, error.message);
  parked().emplace(id, std::move(error));
  return text;
}

std::optional<Error> unpark_error(const std::string& message) {
  const std::size_t at = message.find(kErrorToken);
  if (at == std::string::npos) return std::nullopt;
  std::int64_t id = 0;
  std::from_chars(message.data() + at + kErrorToken.size(), message.data() + message.size(), id);
  const std::lock_guard lock(registry_mutex);
  const auto found = parked().find(id);
  if (found == parked().end()) return std::nullopt;
  Error error = std::move(found->second);
  parked().erase(found);
  return error;
}

}  // namespace sluice
