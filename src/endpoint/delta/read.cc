#include "endpoint/delta/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "base/text.h"
#include "endpoint/delta/independent.h"
#include "endpoint/delta/run.h"
#include "endpoint/delta/table_scan.h"
#include "endpoint/engine_error.h"
#include "endpoint/file_ranges.h"
#include "endpoint/sql_names.h"
#include "format/delta/file_stats.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFootersAtOnce = 256;

// What a relation keeps as long as the session lives.
struct OpenTable {
  OpenTable(TableState table, Engine& engine) : scan(std::move(table), engine) {}

  TableScan scan;
  std::mutex mutex;
  std::vector<std::uint64_t> rows;  // of each file, with deleted ones; empty: not known yet
};

class DeltaReadSession final : public ReadSession {
 public:
  DeltaReadSession(std::vector<TableState> tables, fs::path root, Engine& engine)
      : root_(std::move(root)), engine_(engine) {
    for (TableState& state : tables) {
      tables_.push_back(std::make_unique<OpenTable>(std::move(state), engine));
    }
  }

  Result<Inventory> inspect() override;

  // Statistics in the log can be wrong; the files cannot.
  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const std::string counted, relation(table, nullptr, ReadPath::kFast));
    TRY_ASSIGN(OpenTable* const open, find(table));
    TRY_ASSIGN(const auto connection, engine_.connect());
    const auto rows = connection->value("SELECT count(*) FROM " + counted);
    if (!rows) return fail(refine_engine_error(rows.error(), open->scan.state().folder));
    return std::stoull(rows->value_or("0"));
  }

  Status survey(Table&) override { return {}; }  // every column's type holds all of its values

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override;
  Result<std::string> relation(const Table& table, const ChunkRange* range, ReadPath path) override;

  // A version never changes; a table that was made anew in its folder has another id.
  Result<std::string> fingerprint() override {
    std::vector<std::string> parts;
    for (const auto& table : tables_) {
      parts.push_back(fmt::format("{} {} {}", table->scan.state().name.display(),
                                  table->scan.state().snapshot.metadata.id,
                                  table->scan.state().snapshot.version));
    }
    return join(parts, "; ");
  }

 private:
  Result<OpenTable*> find(const Table& table);
  Status count_rows(OpenTable& open);

  std::vector<std::unique_ptr<OpenTable>> tables_;
  fs::path root_;
  Engine& engine_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<OpenTable>> staged_;  // by runs; opened when they are asked for
};

Column column_of(const Field& field) {
  Column out;
  out.name = field.name;
  out.type = field.type;
  out.nullable = field.nullable;
  out.comment = field.comment;
  out.default_sql = field.default_sql;
  out.generated = field.generation_sql.has_value();
  out.identity = field.is_identity;
  return out;
}

Table table_of(const TableState& state) {
  Table table;
  table.name = state.name;
  table.comment = state.snapshot.metadata.description;
  table.bytes = 0;
  for (const LiveFile& file : state.snapshot.files) {
    *table.bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.add.bytes));
  }
  for (const Field& field : state.schema.columns) {
    table.columns.push_back(column_of(field));
    if (field.invariant_sql) table.checks.push_back({field.name, *field.invariant_sql});
  }
  for (const Constraint& constraint : state.schema.constraints) {
    table.checks.push_back({constraint.name, constraint.expression_sql});
  }
  return table;
}

Result<Inventory> DeltaReadSession::inspect() {
  Inventory inventory;
  inventory.endpoint = "delta";
  inventory.version = tables_.size() == 1 ? fmt::format("Delta, version {}",
                                                        tables_[0]->scan.state().snapshot.version)
                                          : fmt::format("Delta, {} tables", tables_.size());
  for (const auto& table : tables_) {
    const TableState& state = table->scan.state();
    inventory.tables.push_back(table_of(state));
    for (const std::string& column : state.schema.left_out) {
      inventory.findings.push_back({"void_column", state.name.display() + "." + column,
                                    "a column of type void has no values and is left out"});
    }
    if (needs_zone(state)) {
      inventory.findings.push_back(
          {"zoneless_partition", state.name.display(),
           fmt::format("timestamps of its partitions have no zone, they are read at UTC{}; "
                       "?timezone= says another offset",
                       state.zone_offset)});
    }
  }
  TRY_ASSIGN(inventory.fingerprint, fingerprint());
  return inventory;
}

bool is_staged(const TableName& name) {
  return is_of_a_run(name.schema.substr(name.schema.starts_with('.') ? 1 : 0));
}

Result<OpenTable*> DeltaReadSession::find(const Table& table) {
  for (const auto& open : tables_) {
    if (open->scan.state().name == table.name) return open.get();
  }
  if (is_staged(table.name)) {
    const std::lock_guard lock(mutex_);
    for (const auto& open : staged_) {
      if (open->scan.state().name == table.name) return open.get();
    }
    TRY_ASSIGN(TableState state, staged_table(root_, table.name, engine_.files_of(root_.native())));
    staged_.push_back(std::make_unique<OpenTable>(std::move(state), engine_));
    return staged_.back().get();
  }
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("there is no Delta table \"{}\"", table.name.display()))
                  .about(table.name.display()));
}

// By the statistics where they say it, else by the files' footers.
Status DeltaReadSession::count_rows(OpenTable& open) {
  const std::lock_guard lock(open.mutex);
  const std::vector<LiveFile>& files = open.scan.state().snapshot.files;
  if (!open.rows.empty() || files.empty()) return {};
  std::vector<std::uint64_t> rows(files.size());
  std::map<std::string, std::size_t> unknown;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (const auto known = rows_of(files[i].add)) {
      rows[i] = *known;
    } else {
      TRY_ASSIGN(std::string path, data_path(open.scan.state(), files[i].add));
      unknown[std::move(path)] = i;
    }
  }
  TRY_ASSIGN(const auto connection, engine_.connect());
  std::vector<std::string> literals;
  for (auto at = unknown.begin(); at != unknown.end();) {
    literals.push_back(quote_literal(at->first));
    ++at;
    if (literals.size() < kFootersAtOnce && at != unknown.end()) continue;
    const auto counted = connection->rows(
        "SELECT file_name, num_rows FROM parquet_file_metadata([" + join(literals, ", ") + "])");
    if (!counted) return fail(refine_engine_error(counted.error(), open.scan.state().folder));
    for (const TextRow& row : *counted) {
      rows[unknown[row.at(0).value_or("")]] = std::stoull(row.at(1).value_or("0"));
    }
    literals.clear();
  }
  open.rows = std::move(rows);
  return {};
}

Result<std::vector<ChunkRange>> DeltaReadSession::chunks(const Table& table, std::uint64_t rows) {
  TRY_ASSIGN(OpenTable* const open, find(table));
  TRY(count_rows(*open));
  FileRangesInput input;
  input.rows = open->rows;
  input.wanted = rows;
  return file_ranges(input);
}

Result<std::string> DeltaReadSession::relation(const Table& table, const ChunkRange* range,
                                               ReadPath path) {
  TRY_ASSIGN(OpenTable* const open, find(table));
  // What is staged is in no log that anybody else could read.
  const bool is_independent = path == ReadPath::kIndependent && !is_staged(table.name);
  // Only of a whole table a filter can leave files out.
  const GroupBy by = range == nullptr ? GroupBy::kPartition : GroupBy::kColumns;
  const std::vector<FilePart> parts = parts_of(range, open->scan.state().snapshot.files.size());
  TRY_ASSIGN(const std::string rows, is_independent
                                         ? independent_select(open->scan.state(), engine_)
                                         : open->scan.select(parts, by));
  std::vector<std::string> names;
  for (const Column& column : table.columns) {
    const std::string name = quote_identifier(column.name);
    names.push_back(column.type.kind == TypeKind::kText
                        ? fmt::format("CAST({0} AS VARCHAR) AS {0}", name)
                        : name);
  }
  return fmt::format("(SELECT {} FROM ({}))", names.empty() ? "*" : join(names, ", "), rows);
}

}  // namespace

std::unique_ptr<ReadSession> session_of(std::vector<TableState> tables, Engine& engine,
                                        const fs::path& root) {
  return std::make_unique<DeltaReadSession>(std::move(tables), root, engine);
}

}  // namespace sluice::delta
