#include "endpoint/iceberg/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>

#include "base/text.h"
#include "endpoint/engine_error.h"
#include "endpoint/file_ranges.h"
#include "endpoint/iceberg/catalog_options.h"
#include "endpoint/iceberg/file_conditions.h"
#include "endpoint/iceberg/independent.h"
#include "endpoint/iceberg/open_tables.h"
#include "endpoint/iceberg/partition_text.h"
#include "endpoint/iceberg/run.h"
#include "endpoint/iceberg/table_scan.h"
#include "endpoint/iceberg/types.h"
#include "endpoint/sql_names.h"
#include "endpoint/takes_conditions.h"

namespace sluice::iceberg {
namespace {

bool is_staged(const TableName& name) {
  return is_of_a_run(name.schema.substr(name.schema.starts_with('.') ? 1 : 0));
}

class IcebergReadSession final : public ReadSession, public TakesConditions {
 public:
  IcebergReadSession(std::vector<std::unique_ptr<TableScan>> tables, std::vector<Finding> findings,
                     Engine& engine, OpenStaged open_staged)
      : tables_(std::move(tables)),
        findings_(std::move(findings)),
        engine_(engine),
        open_staged_(std::move(open_staged)) {}

  Result<Inventory> inspect() override;

  // Counts in manifests can be wrong; the files cannot.
  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const std::string counted, relation(table, nullptr, ReadPath::kFast));
    TRY_ASSIGN(const auto connection, engine_.connect());
    const auto rows = connection->value("SELECT count(*) FROM " + counted);
    if (!rows) return fail(refine_engine_error(rows.error(), table.name.display()));
    return std::stoull(rows->value_or("0"));
  }

  Status survey(Table&) override { return {}; }  // every column's type holds all of its values

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override {
    TRY_ASSIGN(TableScan* const scan, find(table));
    TRY_ASSIGN(const auto live, scan->live());
    FileRangesInput input;
    for (const LiveFile& file : live->files()) {
      input.rows.push_back(
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.data().record_count)));
    }
    input.wanted = rows;
    return file_ranges(input);
  }

  Result<std::string> relation(const Table& table, const ChunkRange* range, ReadPath path) override;

  Status ask_only(const Table& table, const std::vector<ColumnCondition>& conditions) override {
    TRY_ASSIGN(TableScan* const scan, find(table));
    std::vector<ColumnCondition> typed;
    for (const ColumnCondition& one : conditions) {
      const sluice::Column* const asked = table.find_column(one.column);
      const Column* const column = find_column(scan->state().schema.columns, one.column);
      // What is shown in another type has another order.
      const bool is_same = asked != nullptr && column != nullptr && is_read(column->type) &&
                           asked->type == type_of(column->type);
      if (is_same) typed.push_back(one);
    }
    const std::lock_guard lock(mutex_);
    conditions_[scan] = std::move(typed);
    return {};
  }

  // A snapshot never changes; a table that was made anew under its name has another id.
  Result<std::string> fingerprint() override {
    std::vector<std::string> parts;
    for (const auto& table : tables_) {
      const TableState& state = table->state();
      parts.push_back(fmt::format("{} {} {} {}", state.name.display(), state.metadata().table_uuid,
                                  state.snapshot == nullptr ? 0 : state.snapshot->id,
                                  state.schema.id));
    }
    return join(parts, "; ");
  }

 private:
  Result<TableScan*> find(const Table& table) {
    for (const auto& scan : tables_) {
      if (scan->state().name == table.name) return scan.get();
    }
    if (open_staged_ && is_staged(table.name)) return find_staged(table.name);
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("there is no Iceberg table \"{}\"", table.name.display()))
                    .about(table.name.display()));
  }

  Result<TableScan*> find_staged(const TableName& name) {
    const std::lock_guard lock(mutex_);
    for (const auto& scan : staged_) {
      if (scan->state().name == name) return scan.get();
    }
    TRY_ASSIGN(auto scan, open_staged_(name));
    return staged_.emplace_back(std::move(scan)).get();
  }

  std::vector<std::unique_ptr<TableScan>> tables_;
  std::vector<Finding> findings_;
  Engine& engine_;
  OpenStaged open_staged_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TableScan>> staged_;  // by runs; opened when they are asked for
  std::map<TableScan*, std::vector<ColumnCondition>> conditions_;
};

sluice::Column inventory_column(const Column& field) {
  sluice::Column out;
  out.name = field.name;
  out.type = type_of(field.type);
  out.nullable = !field.required;
  out.comment = field.doc.value_or("");
  if (has_nano_instants(field.type)) {
    out.hazards.push_back({"sub_micro",
                           "instants with nanoseconds are read with microseconds, the rest is cut",
                           0, LossReason::kTruncateSubMicro});
  }
  return out;
}

// What the snapshot's writer says; nothing is decided by it.
std::optional<std::uint64_t> bytes_of(const TableState& state) {
  if (state.snapshot == nullptr) return 0;
  const auto at = state.snapshot->summary.find("total-files-size");
  if (at == state.snapshot->summary.end()) return std::nullopt;
  std::uint64_t bytes = 0;
  const char* const end = at->second.data() + at->second.size();
  if (std::from_chars(at->second.data(), end, bytes).ptr != end) return std::nullopt;
  return bytes;
}

void add_findings(const TableState& state, std::vector<Finding>& out) {
  const std::string partition = partition_words(state.metadata());
  if (!partition.empty()) {
    out.push_back({"partitioned", state.name.display(), "partitioned by " + partition});
  }
  for (const Column& column : state.schema.columns) {
    if (is_read(column.type)) continue;
    out.push_back({"type_not_read", state.name.display() + "." + column.name,
                   fmt::format("values of type {} are not read", type_name(column.type))});
  }
}

Result<Inventory> IcebergReadSession::inspect() {
  Inventory inventory;
  inventory.endpoint = "iceberg";
  inventory.version =
      fmt::format("Iceberg, {} table{}", tables_.size(), tables_.size() == 1 ? "" : "s");
  if (tables_.size() == 1) {
    const TableState& state = tables_[0]->state();
    inventory.version = fmt::format("Iceberg, version {}", state.metadata().format_version);
    if (state.snapshot != nullptr) {
      inventory.version += fmt::format(", snapshot {}", state.snapshot->id);
    }
  }
  inventory.findings = findings_;
  for (const auto& table : tables_) {
    inventory.tables.push_back(table_of(table->state()));
    add_findings(table->state(), inventory.findings);
  }
  TRY_ASSIGN(inventory.fingerprint, fingerprint());
  return inventory;
}

Result<std::string> select_range(TableScan& scan, const ChunkRange* range,
                                 const std::vector<ColumnCondition>& conditions) {
  TRY_ASSIGN(const auto live, scan.live());
  std::vector<FilePart> parts = parts_of(range, live->files().size());
  // Only of a whole table a filter can leave files out.
  if (range != nullptr) return scan.select(parts, GroupBy::kColumns);
  const FileConditions wanted(scan.state().schema, conditions);
  std::erase_if(parts, [&](const FilePart& part) {
    return !wanted.may_hold_a_row(live->files().at(part.file));
  });
  return scan.select(parts, GroupBy::kPartition);
}

Result<std::string> IcebergReadSession::relation(const Table& table, const ChunkRange* range,
                                                 ReadPath path) {
  TRY_ASSIGN(TableScan* const scan, find(table));
  std::vector<ColumnCondition> wanted;
  {
    const std::lock_guard lock(mutex_);
    const auto asked = conditions_.find(scan);
    if (asked != conditions_.end()) wanted = asked->second;
  }
  // What is staged is in no metadata file that anybody else could read.
  const bool is_independent = path == ReadPath::kIndependent && !is_staged(table.name);
  TRY_ASSIGN(const std::string rows, is_independent ? independent_select(scan->state(), engine_)
                                                    : select_range(*scan, range, wanted));
  std::vector<std::string> names;
  for (const sluice::Column& column : table.columns) {
    const std::string name = quote_identifier(column.name);
    names.push_back(column.type.kind == TypeKind::kText
                        ? fmt::format("CAST({0} AS VARCHAR) AS {0}", name)
                        : name);
  }
  return fmt::format("(SELECT {} FROM ({}))", names.empty() ? "*" : join(names, ", "), rows);
}

}  // namespace

Table table_of(const TableState& state) {
  Table table;
  table.name = state.name;
  const auto comment = state.metadata().properties.find("comment");
  if (comment != state.metadata().properties.end()) table.comment = comment->second;
  table.bytes = bytes_of(state);
  for (const Column& field : state.schema.columns) table.columns.push_back(inventory_column(field));
  return table;
}

Result<std::unique_ptr<ReadSession>> read_lake(const Location& location, const Moment& moment,
                                               Engine& engine, bool may_be_empty,
                                               std::shared_ptr<LentKeys> lent) {
  TRY_ASSIGN(const IcebergCatalogOptions options, catalog_options(location, engine, false));
  auto opened = open_tables(location, options);
  const bool is_missing = !opened && opened.error().kind == ErrorKind::kNotFound;
  if (!opened && !(may_be_empty && is_missing)) return fail(std::move(opened.error()));
  OpenedLake lake;
  if (opened) lake = std::move(*opened);
  std::vector<std::unique_ptr<TableScan>> states;
  std::optional<Error> first;
  for (IcebergTable& table : lake.tables) {
    const TableName name = {table.name.space, table.name.table};
    auto state =
        state_at(std::make_shared<const IcebergTable>(std::move(table)), moment, options.cancel);
    if (state) {
      states.push_back(std::make_unique<TableScan>(std::move(*state), engine));
      continue;
    }
    // Tables of a lake are not all as old.
    if (state.error().kind != ErrorKind::kNotFound) return fail(std::move(state.error()));
    lake.findings.push_back({"not_at_moment", name.display(), state.error().message});
    if (!first) first = std::move(state.error());
  }
  if (states.empty() && first) return fail(std::move(*first));
  const auto open_staged = [location, options, lent, &engine](const TableName& name) {
    return staged_table(location, options, name, *lent, engine);
  };
  return session_of(std::move(states), std::move(lake.findings), engine, open_staged);
}

std::unique_ptr<ReadSession> session_of(std::vector<std::unique_ptr<TableScan>> tables,
                                        std::vector<Finding> findings, Engine& engine,
                                        OpenStaged open_staged) {
  return std::make_unique<IcebergReadSession>(std::move(tables), std::move(findings), engine,
                                              std::move(open_staged));
}

}  // namespace sluice::iceberg
