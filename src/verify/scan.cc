#include "verify/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "base/text.h"
#include "verify/reconcile.h"

namespace sluice {
namespace {

constexpr std::uint64_t kRangeRows = 250'000;
constexpr std::string_view kRelation = "{relation}";

// A numeric is carried as text, at any depth: only the logical type says that it is a number.
bool holds_numeric(const Type& type) {
  return type.kind == TypeKind::kNumeric ||
         std::any_of(type.children.begin(), type.children.end(), holds_numeric);
}

void restore_numeric(ColumnView& view, const Type& type) {
  if (type.kind == TypeKind::kNumeric && view.type->kind == TypeKind::kText) view.type = &type;
  const std::size_t tag = view.type->kind == TypeKind::kUnion ? 1 : 0;
  if (view.children.size() != type.children.size() + tag) return;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    restore_numeric(view.children[i + tag], type.children[i]);
  }
}

std::string select_of(const PreparedSide& side, const std::string& relation) {
  std::vector<std::string> expressions;
  for (const SideColumn& column : side.columns) {
    expressions.push_back(over_column(column.sql, column.name));
  }
  // A relation without columns still has rows.
  if (expressions.empty()) expressions.emplace_back("true");
  return fmt::format("SELECT {} FROM {}", join(expressions, ", "), relation);
}

// What all threads of one scan share.
struct Shared {
  Shared(const PreparedSide& scanned, const ScanOptions& how, const std::atomic<bool>* ending)
      : side(scanned), options(how), stop(ending) {}

  const PreparedSide& side;
  const ScanOptions& options;
  const std::atomic<bool>* stop;
  std::atomic<std::size_t> next_range{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::optional<Error> error;

  bool ended() const { return failed || (stop != nullptr && *stop); }
  void fail_with(Error what) {
    const std::lock_guard lock(mutex);
    if (!error) error = std::move(what);
    failed = true;
  }
};

Status scan_range(Shared& shared, EngineConnection& connection, const std::string& relation,
                  const BatchVisitor& visit) {
  const PreparedSide& side = shared.side;
  const auto status =
      connection.stream(select_of(side, relation), [&](const Batch& batch) -> Status {
        // Ends this query; ended() tells that it is not an error of its own.
        if (shared.ended()) return fail(ErrorKind::kCancelled, "another range ended the scan");
        if (shared.options.cancel != nullptr) TRY(shared.options.cancel->check());
        Batch typed = batch;
        if (side.columns.empty()) typed.columns.clear();
        for (std::size_t i = 0; i < side.columns.size(); ++i) {
          const SideColumn& column = side.columns[i];
          if (column.sql == "{0}" && holds_numeric(column.type)) {
            restore_numeric(typed.columns[i], column.type);
          }
        }
        TRY(visit(typed));
        if (shared.options.rows_done != nullptr) shared.options.rows_done->fetch_add(batch.rows);
        return {};
      });
  if (!status && shared.ended()) return {};
  return status;
}

void scan_thread(Engine& engine, Shared& shared, const BatchVisitor& visit) {
  const auto connection = engine.connect();
  if (!connection) return shared.fail_with(connection.error());
  while (!shared.ended()) {
    const std::size_t range = shared.next_range++;
    if (range >= shared.side.relations.size()) return;
    const Status status = scan_range(shared, **connection, shared.side.relations[range], visit);
    if (!status) return shared.fail_with(status.error());
  }
}

Result<std::vector<SideColumn>> select_columns(Engine& engine, const CompareSide& side,
                                               const std::string& relation) {
  TRY_ASSIGN(const auto connection, engine.connect());
  TRY_ASSIGN(const auto described, connection->describe("SELECT * FROM " + relation));
  if (!side.select_types.empty() && side.select_types.size() != described.size()) {
    return fail(ErrorKind::kInternal,
                fmt::format("a projection of {} has {} columns and {} types",
                            side.table.name.display(), described.size(), side.select_types.size()));
  }
  std::vector<SideColumn> columns;
  for (std::size_t i = 0; i < described.size(); ++i) {
    columns.push_back({described[i].name, "{0}",
                       side.select_types.empty() ? described[i].type : side.select_types[i]});
  }
  return columns;
}

Result<std::vector<SideColumn>> chosen_columns(const CompareSide& side,
                                               std::vector<SideColumn> all) {
  if (side.columns.empty()) return all;
  std::vector<SideColumn> chosen;
  for (const std::string& name : side.columns) {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const SideColumn& column) { return column.name == name; });
    if (at == all.end()) {
      return fail(Error(ErrorKind::kNotFound, fmt::format("table \"{}\" has no column \"{}\"",
                                                          side.table.name.display(), name))
                      .about(side.table.name.display()));
    }
    chosen.push_back(*at);
  }
  return chosen;
}

Result<std::vector<std::string>> relations_of(const CompareSide& side) {
  std::vector<std::string> relations;
  if (side.path == ReadPath::kIndependent) {
    TRY_ASSIGN(relations.emplace_back(), side.session->relation(side.table, nullptr, side.path));
  } else {
    TRY_ASSIGN(const auto ranges, side.session->chunks(side.table, kRangeRows));
    for (const ChunkRange& range : ranges) {
      TRY_ASSIGN(relations.emplace_back(), side.session->relation(side.table, &range, side.path));
    }
  }
  if (!side.select_sql) return relations;
  for (std::string& relation : relations) {
    relation = "(" + replace_all(*side.select_sql, kRelation, relation) + ")";
  }
  return relations;
}

}  // namespace

Result<PreparedSide> prepare_side(Engine& engine, const CompareSide& side) {
  PreparedSide out;
  TRY_ASSIGN(out.relations, relations_of(side));
  out.rows_estimate = side.table.rows.value_or(0);
  std::vector<SideColumn> all;
  if (side.select_sql) {
    TRY_ASSIGN(all, select_columns(engine, side, out.relations.front()));
  } else {
    for (const Column& column : side.table.columns)
      all.push_back({column.name, "{0}", column.type});
  }
  TRY_ASSIGN(out.columns, chosen_columns(side, std::move(all)));
  return out;
}

int scan_threads(Engine& engine, const ScanOptions& options) {
  return std::max(1, options.threads > 0 ? options.threads : engine.options().threads);
}

Status scan_side(Engine& engine, const PreparedSide& side, const ScanOptions& options,
                 const VisitorOf& visitor_of, const std::atomic<bool>* stop) {
  Shared shared(side, options, stop);
  const auto threads = std::min(static_cast<std::size_t>(scan_threads(engine, options)),
                                std::max<std::size_t>(1, side.relations.size()));
  std::optional<Engine::QueryPerThread> each_its_own;
  if (threads > 1) each_its_own.emplace(engine);
  std::vector<BatchVisitor> visitors;
  for (std::size_t i = 0; i < threads; ++i) visitors.push_back(visitor_of(static_cast<int>(i)));
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 1; i < threads; ++i) {
      running.emplace_back([&, i] { scan_thread(engine, shared, visitors[i]); });
    }
    scan_thread(engine, shared, visitors[0]);
  }
  if (shared.error) return fail(std::move(*shared.error));
  return {};
}

}  // namespace sluice
