#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "endpoint/duckdb/ddl.h"
#include "endpoint/duckdb/replace.h"
#include "endpoint/duckdb/run.h"
#include "endpoint/duckdb/transaction.h"
#include "endpoint/engine_error.h"
#include "endpoint/sql_names.h"

namespace sluice::duckdb {
namespace {

struct Action {
  std::string words;
  std::function<Status(EngineConnection&)> act;
};

class Plan {
 public:
  void add(std::string words, std::string sql) {
    actions_.push_back({std::move(words), [sql = std::move(sql)](EngineConnection& connection) {
                          return connection.execute(sql);
                        }});
  }
  void add(Action action) { actions_.push_back(std::move(action)); }
  Steps steps() const {
    Steps out;
    for (const Action& action : actions_) out.push_back(action.words);
    return out;
  }
  Status run(EngineConnection& connection) const {
    Transaction transaction(connection);
    TRY(transaction.begin());
    for (const Action& action : actions_) TRY(action.act(connection));
    return transaction.commit();
  }

 private:
  std::vector<Action> actions_;
};

std::vector<std::string> list_of(const nlohmann::json& record, const char* key) {
  auto list = record.value(key, std::vector<std::string>());
  std::reverse(list.begin(), list.end());
  return list;
}

// A view may need another one, so those that fail are tried again as long as one succeeds.
Status restore_views(EngineConnection& connection, std::vector<KeptObject> left) {
  while (!left.empty()) {
    Status last;
    const std::size_t before = left.size();
    std::erase_if(left, [&](const KeptObject& view) {
      const Status done = restore(connection, view);
      if (!done) last = done;
      return done.has_value();
    });
    if (left.size() == before) return last;
  }
  return {};
}

void undo_publish(const nlohmann::json& record, Plan& plan) {
  for (const auto& view : list_of(record, "views"))
    plan.add("drop view " + view, "DROP VIEW " + view);
  for (const std::string& table : list_of(record, "tables")) {
    plan.add("drop table " + table, "DROP TABLE " + table);
  }
  for (const std::string& name : list_of(record, "sequences")) {
    plan.add("drop sequence " + name, "DROP SEQUENCE " + name);
  }
  for (const nlohmann::json& item : record.value("restarted", nlohmann::json::array())) {
    const std::string name = item.value("name", "");
    plan.add("put back sequence " + name,
             fmt::format("DROP SEQUENCE {}; {}", name, item.value("sql", "")));
  }
  const nlohmann::json kept = record.value("kept", nlohmann::json::array());
  std::vector<KeptObject> views;
  for (auto item = kept.rbegin(); item != kept.rend(); ++item) {
    const KeptObject object = kept_object_of(*item);
    if (object.is_view) views.push_back(object);
    if (object.is_view) continue;
    plan.add({object.stays
                  ? fmt::format("put the old rows of {} back from {}, its definition stays",
                                object.name.quoted(), object.kept.quoted())
                  : "put back table " + object.name.quoted(),
              [object](EngineConnection& connection) { return restore(connection, object); }});
  }
  if (views.empty()) return;
  std::vector<std::string> names;
  for (const KeptObject& view : views) names.push_back(view.name.quoted());
  plan.add({"put back view " + join(names, ", "),
            [views](EngineConnection& connection) { return restore_views(connection, views); }});
}

Result<std::uint64_t> count_objects(EngineConnection& connection, const std::string& condition) {
  TRY_ASSIGN(
      const auto count,
      connection.value(fmt::format(
          "SELECT (SELECT count(*) FROM duckdb_tables() WHERE {0}) + (SELECT count(*) FROM "
          "duckdb_views() WHERE NOT internal AND {0}) + (SELECT count(*) FROM "
          "duckdb_sequences() WHERE {0}) + (SELECT count(*) FROM duckdb_functions() WHERE NOT "
          "internal AND {0}) + (SELECT count(*) FROM duckdb_types() WHERE NOT internal AND "
          "{0})",
          condition)));
  return std::stoull(count.value_or("0"));
}

// Not dropped where somebody else put something into it meanwhile.
Action drop_schema(const std::string& catalog, const std::string& schema) {
  return {fmt::format("drop schema \"{}\" if it is empty", schema),
          [=](EngineConnection& connection) -> Status {
            TRY_ASSIGN(const std::uint64_t objects,
                       count_objects(connection,
                                     fmt::format("database_name = {} AND schema_name = {}",
                                                 quote_literal(catalog), quote_literal(schema))));
            if (objects > 0) return {};
            return connection.execute("DROP SCHEMA " + quote_identifier(schema));
          }};
}

// What a process that died left beside the file.
Status remove_leftovers(const DuckdbRun& run) {
  const std::string staging = run.attachment->path().string() + "." + staging_prefix(run.id);
  std::error_code code;
  std::filesystem::remove(staging, code);
  std::filesystem::remove(staging + ".wal", code);
  return {};
}

// The ledger is the last object; with anything else in it the file stays, without the ledger.
Status remove_file_if_empty(DuckdbRun& run) {
  TRY_ASSIGN(const std::uint64_t objects,
             count_objects(*run.connection, fmt::format("database_name = {}",
                                                        quote_literal(run.attachment->catalog()))));
  if (objects > 1) return run.connection->execute(run.ledger.drop_sql());
  run.connection.reset();
  return run.attachment->remove_file();
}

Result<Plan> plan_rollback(DuckdbRun& run, bool made_file) {
  Plan plan;
  EngineConnection& connection = *run.connection;
  TRY_ASSIGN(const auto record, run.ledger.find(connection, "publish", ""));
  if (record) {
    undo_publish(nlohmann::json::parse(*record, nullptr, false), plan);
  } else {
    TRY_ASSIGN(const DuckdbCatalog catalog,
               inspect_duckdb(connection, run.attachment->catalog(), true));
    for (const Table& table : catalog.tables) {
      if (!table.name.name.starts_with(staging_prefix(run.id) + "_t_")) continue;
      plan.add("drop staging table " + table.name.quoted(), "DROP TABLE " + table.name.quoted());
    }
  }
  TRY_ASSIGN(const auto schemas, run.ledger.objects(connection, "schema"));
  for (const std::string& schema : schemas) {
    plan.add(drop_schema(run.attachment->catalog(), schema));
  }
  if (made_file) {
    // Should the process die before the file is removed, the ledger still says that this run made
    // it.
    plan.add(
        fmt::format("remove file \"{}\" if nothing else is in it", run.attachment->path().string()),
        fmt::format("DELETE FROM {} WHERE kind <> 'file'", run.ledger.name()));
  } else {
    plan.add("drop the ledger " + run.ledger.name(), run.ledger.drop_sql());
  }
  return plan;
}

// Dropped where no table that stays uses it.
Status plan_sequences(const DuckdbRun& run, const std::vector<KeptObject>& kept, Plan& plan) {
  TRY_ASSIGN(const DuckdbCatalog catalog,
             inspect_duckdb(*run.connection, run.attachment->catalog(), true));
  const auto is_kept = [&](const Table& table) {
    return std::any_of(kept.begin(), kept.end(), [&](const KeptObject& object) {
      return same_name(object.kept, table.name);
    });
  };
  for (const DuckdbSequence& found : catalog.sequences) {
    bool used_by_kept = false;
    bool used_by_others = false;
    for (const Table& table : catalog.tables) {
      if (table.name.schema != found.schema) continue;
      for (const Sequence& sequence : table.sequences) {
        if (sequence.name != found.sequence.name) continue;
        (is_kept(table) ? used_by_kept : used_by_others) = true;
      }
    }
    if (!used_by_kept || used_by_others) continue;
    const std::string name = TableName{found.schema, found.sequence.name}.quoted();
    plan.add("drop sequence " + name, "DROP SEQUENCE " + name);
  }
  return {};
}

}  // namespace

Result<Steps> rollback_run(DuckdbRun& run, bool dry_run) {
  if (!dry_run) TRY(remove_leftovers(run));
  if (!run.connection) return Steps{};
  TRY_ASSIGN(const bool known, run.ledger.exists(*run.connection));
  if (!known) return Steps{};
  TRY_ASSIGN(const auto made_file, run.ledger.find(*run.connection, "file", ""));
  TRY_ASSIGN(const Plan plan, plan_rollback(run, made_file.has_value()));
  const Steps steps = plan.steps();
  if (dry_run) return steps;
  if (const Status done = plan.run(*run.connection); !done) {
    return fail(refine_engine_error(done.error(), run.attachment->path()));
  }
  if (made_file) TRY(remove_file_if_empty(run));
  return steps;
}

Result<Steps> forget_run(DuckdbRun& run) {
  if (!run.connection) return Steps{};
  TRY_ASSIGN(const bool known, run.ledger.exists(*run.connection));
  if (!known) return Steps{};
  TRY_ASSIGN(const auto record, run.ledger.find(*run.connection, "publish", ""));
  if (!record) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published, there is nothing to forget", run.id))
                    .advise(fmt::format("sluice rollback {}", run.id)));
  }
  Plan plan;
  std::vector<KeptObject> kept;
  const nlohmann::json parsed = nlohmann::json::parse(*record, nullptr, false);
  for (const nlohmann::json& item : parsed.value("kept", nlohmann::json::array())) {
    kept.push_back(kept_object_of(item));
    if (kept.back().is_view) continue;
    const std::string name = kept.back().kept.quoted();
    plan.add("drop kept table " + name, "DROP TABLE IF EXISTS " + name);
  }
  TRY(plan_sequences(run, kept, plan));
  plan.add("drop the ledger " + run.ledger.name(), run.ledger.drop_sql());
  if (const Status done = plan.run(*run.connection); !done) {
    return fail(refine_engine_error(done.error(), run.attachment->path()));
  }
  return plan.steps();
}

}  // namespace sluice::duckdb
