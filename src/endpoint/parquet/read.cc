#include "endpoint/parquet/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <numeric>
#include <set>

#include "base/sha256.h"
#include "base/text.h"
#include "endpoint/engine_error.h"
#include "endpoint/file_ranges.h"
#include "endpoint/parquet/files.h"

// A chunk is either a number of whole files or a range of rows of one; its bounds are "file:row",
// the file counted in the table's order. Row groups outside a range are not read: the engine prunes
// by file_row_number.

namespace sluice::parquet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesOneByOneMax = 256;
constexpr std::string_view kFileColumn = "sluice_file";
constexpr std::string_view kRowColumn = "file_row_number";

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct TableState {
  ParquetFiles files;
  std::vector<std::uint64_t> rows;  // of each file
  bool is_uniform = false;          // all files have the same columns
};

std::string select_list(const Table& table) {
  std::vector<std::string> columns;
  for (const Column& column : table.columns) {
    const std::string name = quote_identifier(column.name);
    columns.push_back(column.type.kind == TypeKind::kText
                          ? fmt::format("CAST({0} AS VARCHAR) AS {0}", name)
                          : name);
  }
  return join(columns, ", ");
}

class ParquetReadSession : public ReadSession {
 public:
  ParquetReadSession(fs::path location, std::unique_ptr<EngineConnection> connection)
      : location_(std::move(location)), connection_(std::move(connection)) {}

  // Row counts are those of the footers, which cost nothing.
  Result<Inventory> inspect() override {
    Inventory inventory;
    inventory.endpoint = "parquet";
    std::error_code code;
    if (!fs::exists(location_, code)) return inventory;
    TRY_ASSIGN(const auto found, find_tables(location_));
    for (const ParquetFiles& files : found) {
      TRY_ASSIGN(const TableState state, state_of(files.table));
      Table table;
      table.name.name = files.table;
      TRY_ASSIGN(const auto columns,
                 connection_->describe("SELECT * FROM " +
                                       scan_sql(state.files.list_sql(), state.files.is_hive, "")));
      for (const ResultColumn& column : columns) {
        Column& added = table.columns.emplace_back();
        added.name = column.name;
        added.type = column.type;
      }
      table.rows = 0;
      table.bytes = 0;
      for (std::size_t i = 0; i < state.files.files.size(); ++i) {
        *table.rows += state.rows[i];
        *table.bytes += fs::file_size(state.files.files[i], code);
      }
      for (const std::string& other : other_files(location_, files)) {
        table.dependents.push_back({fmt::format("file \"{}\"", other), table.name});
      }
      inventory.tables.push_back(std::move(table));
    }
    TRY_ASSIGN(inventory.fingerprint, fingerprint());
    return inventory;
  }

  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const TableState state, state_of(table.name.name));
    return std::accumulate(state.rows.begin(), state.rows.end(), std::uint64_t{0});
  }

  // Only the files' schema is looked at: their values are what the engine makes of them.
  Status survey(Table& table) override {
    TRY_ASSIGN(const TableState state, state_of(table.name.name));
    TRY_ASSIGN(const std::set<std::string> cut, cut_columns(state));
    for (Column& column : table.columns) {
      column.hazards.clear();
      if (!cut.contains(column.name)) continue;
      column.hazards.push_back(
          {"sub_micro", "the files hold nanoseconds, of which the engine reads microseconds", 0,
           LossReason::kTruncateSubMicro});
    }
    return {};
  }

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override {
    TRY_ASSIGN(const TableState state, state_of(table.name.name));
    const bool splits = std::none_of(table.columns.begin(), table.columns.end(),
                                     [](const Column& c) { return c.name == kRowColumn; });
    FileRangesInput input;
    input.rows = state.rows;
    input.wanted = rows;
    input.splits = splits;
    return file_ranges(input);
  }

  Result<std::string> relation(const Table& table, const ChunkRange* range,
                               ReadPath path) override {
    TRY_ASSIGN(const TableState state, state_of(table.name.name));
    const std::string columns = select_list(table);
    if (path == ReadPath::kIndependent) {
      return fmt::format("(SELECT {} FROM ({}))", columns, one_by_one(state));
    }
    if (range == nullptr) {
      return fmt::format("(SELECT {} FROM {})", columns,
                         scan_sql(state.files.list_sql(), state.files.is_hive, ""));
    }
    return ranged(state, columns, span_of(range, state.files.files.size()));
  }

  Result<std::string> fingerprint() override {
    std::error_code code;
    if (!fs::exists(location_, code)) return std::string();
    std::string text;
    TRY_ASSIGN(const auto tables, find_tables(location_));
    for (const ParquetFiles& table : tables) {
      TRY_ASSIGN(const std::string stamp, stamp_of(table));
      text += stamp;
    }
    return sha256_hex(text);
  }

 private:
  // Columns with times of day or instants in nanoseconds in them, or with timestamps in the old
  // INT96: the engine has microseconds for these.
  Result<std::set<std::string>> cut_columns(const TableState& state) {
    const std::string schema = fmt::format(
        "SELECT file_name, name, num_children, coalesce(type = 'INT96' OR "
        "(contains(logical_type, 'NANOS=NanoSeconds') AND "
        "(starts_with(logical_type, 'TimeType') OR contains(logical_type, 'isAdjustedToUTC=1'))), "
        "false) AS cut FROM parquet_schema({})",
        state.files.list_sql());
    TRY_ASSIGN(const auto any,
               connection_->rows("SELECT 1 FROM (" + schema + ") WHERE cut LIMIT 1"));
    std::set<std::string> found;
    if (any.empty()) return found;
    TRY_ASSIGN(const auto nodes, connection_->rows(schema));
    std::string file;
    std::string top;
    std::vector<std::uint64_t> open;  // children still to come, of each node from the root on
    for (const TextRow& node : nodes) {
      while (!open.empty() && open.back() == 0) open.pop_back();
      if (open.empty() || node[0] != file) {  // the root
        file = node[0].value_or("");
        open = {number(node[2].value_or("0"))};
        continue;
      }
      if (open.size() == 1) top = node[1].value_or("");
      --open.back();
      if (node[3] == "true") found.insert(top);
      open.push_back(number(node[2].value_or("0")));
    }
    return found;
  }

  // Where files have different columns or some in the names of folders, a file alone does not tell
  // the table's columns: then all files are named and those outside the range filtered away by
  // name.
  static std::string ranged(const TableState& state, const std::string& columns,
                            const FileSpan& span) {
    const auto [begin, end] = span;
    if (begin.file == state.files.files.size()) {  // there are fewer of them now
      return fmt::format("(SELECT {} FROM {} WHERE false)", columns,
                         scan_sql(state.files.list_sql(), state.files.is_hive, ""));
    }
    const bool is_part = begin.row > 0 || end.row > 0;
    const std::size_t last = end.row > 0 ? end.file + 1 : end.file;
    ParquetFiles part = state.files;
    part.files.assign(state.files.files.begin() + static_cast<std::ptrdiff_t>(begin.file),
                      state.files.files.begin() + static_cast<std::ptrdiff_t>(last));
    std::vector<std::string> filters;
    std::string options;
    const bool names_all = !state.is_uniform || state.files.is_hive;
    if (names_all) {
      options += fmt::format(", filename = '{}'", kFileColumn);
      std::vector<std::string> names;
      for (const fs::path& file : part.files) names.push_back(quote_literal(file.string()));
      filters.push_back(fmt::format("{} IN ({})", kFileColumn, join(names, ", ")));
    }
    if (is_part) {
      options += fmt::format(", {} = true", kRowColumn);
      filters.push_back(fmt::format("{} >= {}", kRowColumn, begin.row));
      if (end.row > 0) filters.push_back(fmt::format("{} < {}", kRowColumn, end.row));
    }
    return fmt::format(
        "(SELECT {} FROM {}{}{})", columns,
        scan_sql((names_all ? state.files : part).list_sql(), state.files.is_hive, options),
        filters.empty() ? "" : " WHERE ", join(filters, " AND "));
  }

  static std::string one_by_one(const TableState& state) {
    if (!state.is_uniform || state.files.is_hive || state.files.files.size() > kFilesOneByOneMax) {
      return "SELECT * FROM " + scan_sql(state.files.list_sql(), state.files.is_hive,
                                         fmt::format(", filename = '{}'", kFileColumn));
    }
    std::vector<std::string> parts;
    for (const fs::path& file : state.files.files) {
      parts.push_back("SELECT * FROM " +
                      scan_sql("[" + quote_literal(file.string()) + "]", false, ""));
    }
    return join(parts, " UNION ALL ");
  }

  Result<TableState> state_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto known = states_.find(name);
    if (known != states_.end()) return known->second;
    TableState state;
    TRY_ASSIGN(state.files, find_table(location_, name));
    for (const fs::path& file : state.files.files) TRY(check_whole(file));
    const auto refined = [&](const Error& error) {
      return fail(refine_engine_error(error, state.files.files.front()));
    };
    const std::string list = state.files.list_sql();
    const auto counts = connection_->rows(
        fmt::format("SELECT file_name, num_rows FROM parquet_file_metadata({})", list));
    if (!counts) return refined(counts.error());
    std::map<std::string, std::uint64_t> by_name;
    for (const TextRow& row : *counts) {
      by_name[row[0].value_or("")] = number(row[1].value_or("0"));
    }
    for (const fs::path& file : state.files.files) state.rows.push_back(by_name[file.string()]);
    const auto shapes = connection_->rows(fmt::format(
        "SELECT DISTINCT list(concat_ws(':', name, type, converted_type, logical_type, scale, "
        "precision, num_children, repetition_type)) FROM parquet_schema({}) GROUP BY file_name",
        list));
    if (!shapes) return refined(shapes.error());
    state.is_uniform = shapes->size() <= 1;
    states_[name] = state;
    return state;
  }

  fs::path location_;
  std::mutex mutex_;  // of connection_ and states_
  std::unique_ptr<EngineConnection> connection_;
  std::map<std::string, TableState> states_;
};

}  // namespace

// Statistics of files leave NaN out, which to the engine is larger than all numbers.
std::string scan_sql(const std::string& list_sql, bool is_hive, const std::string& options) {
  return fmt::format(
      "read_parquet({}, union_by_name = true, can_have_nan = true, hive_partitioning = {}{})",
      list_sql, is_hive, options);
}

Result<std::unique_ptr<ReadSession>> read_parquet(const fs::path& location, Engine& engine) {
  TRY_ASSIGN(auto connection, engine.connect());
  return std::make_unique<ParquetReadSession>(location, std::move(connection));
}

}  // namespace sluice::parquet
