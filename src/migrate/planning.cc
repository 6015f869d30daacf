#include "migrate/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "migrate/cursors.h"
#include "plan/select_tables.h"
#include "transfer/copy_tables.h"

namespace sluice {
namespace {

constexpr std::uint64_t kChunksWanted = 16;  // so many that threads end at about the same time
// Of a chunk that does not end with a row group: with fewer, DuckDB's checkpoint would merge the
// groups of all chunks anew.
constexpr std::uint64_t kRowGroupsMin = 4;

// A target that is not there yet has no tables.
Result<Inventory> inventory_of_target(Endpoint& target) {
  Result<std::unique_ptr<ReadSession>> session = target.read();
  if (!session) {
    if (session.error().kind == ErrorKind::kNotFound) return Inventory{};
    return fail(std::move(session.error()));
  }
  return (*session)->inspect();
}

Result<std::vector<std::uint64_t>> count_values(EngineConnection& connection, ReadSession& session,
                                                const TablePlan& table,
                                                const std::vector<std::string>& predicates) {
  std::vector<std::uint64_t> counts;
  if (predicates.empty()) return counts;
  // A type that the engine does not know is refused by itself: nothing is asked of its values.
  TablePlan readable = table;
  std::erase_if(readable.source.columns, [](const Column& c) { return !is_known(c.type); });
  TRY_ASSIGN(const std::string relation,
             source_relation(session, readable, nullptr, ReadPath::kFast));
  // Mostly none is true for any row, which one filter tells sooner than a count for each.
  TRY_ASSIGN(const auto any, connection.value("SELECT count(*) FROM " + relation + " WHERE " +
                                              join(predicates, " OR ")));
  if (any == "0") return std::vector<std::uint64_t>(predicates.size(), 0);
  std::vector<std::string> items;
  for (const std::string& predicate : predicates) {
    items.push_back("count(*) FILTER (WHERE " + predicate + ")");
  }
  TRY_ASSIGN(const auto rows, connection.rows("SELECT " + join(items, ", ") + " FROM " + relation));
  for (const std::optional<std::string>& cell : rows.at(0)) {
    std::uint64_t count = 0;
    std::from_chars(cell->data(), cell->data() + cell->size(), count);
    counts.push_back(count);
  }
  return counts;
}

Result<std::vector<MapTable>> read_maps(EngineConnection& connection, const PlanningInput& input) {
  std::vector<MapTable> maps;
  for (const std::filesystem::path& file : input.options->maps) {
    TRY_ASSIGN(const std::string text, read_file(file));
    MapTable map;
    map.target.name = file.stem().string();
    map.sql = trim_statement(text);
    Result<std::vector<ResultColumn>> columns =
        connection.describe("SELECT * FROM (" + map.sql + "\n)");
    if (!columns) {
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("--map \"{}\": {}", file.string(), columns.error().message))
                      .about(file.string())
                      .advise("the file holds one SELECT over the source's tables by name"));
    }
    for (const ResultColumn& column : *columns) {
      Column& out = map.columns.emplace_back();
      out.name = column.name;
      out.type = column.type;
    }
    maps.push_back(std::move(map));
  }
  return maps;
}

// Named tables of --map replace the source's tables of these names; without --table they are all.
Result<std::vector<Table>> chosen_tables(const PlanningInput& input, const Inventory& inventory) {
  const MigrateOptions& options = *input.options;
  if (!options.maps.empty() && options.selection.tables.empty()) return std::vector<Table>{};
  return select_tables(inventory, options.selection.tables, options.selection.excludes,
                       input.source->capabilities().folds_case);
}

// Whole row groups, as far as the source can cut that finely.
std::uint64_t default_chunk_rows(const PlanningInput& input, std::uint64_t rows) {
  const Capabilities& target = input.target->capabilities();
  const bool cuts = input.source->capabilities().exact_chunks && !target.names_are_files;
  const std::uint64_t least = target.row_groups && !cuts ? kRowGroupsMin : 1;
  const std::uint64_t most = kChunkRowsDefault / kRowGroupRows;
  const std::uint64_t wanted = rows / kChunksWanted / kRowGroupRows + 1;
  return std::clamp(wanted, least, most) * kRowGroupRows;
}

Status add_chunks(const PlanningInput& input, ReadSession& session, Plan& plan) {
  plan.chunk_rows = input.options->chunk_rows;
  for (TablePlan& table : plan.tables) {
    if (!table.map_sql.empty()) {
      table.chunks = {ChunkRange{}};
      continue;
    }
    table.chunk_rows = plan.chunk_rows;
    if (table.chunk_rows == 0) {
      table.chunk_rows = default_chunk_rows(input, table.source.rows.value_or(0));
    }
    TRY_ASSIGN(table.chunks, session.chunks(table.source, table.chunk_rows));
  }
  return {};
}

TypeRule rule_for(const PlanningInput& input, const Type& type) {
  const TypeRule rule = input.target->rule(type);
  if (!input.files_stay) return rule;
  TypeRule same = exact_rule(type);
  same.native_type = rule.native_type;
  return same;
}

std::string_view level_name(VerifyLevel level) {
  switch (level) {
    case VerifyLevel::kCounts:
      return "counts";
    case VerifyLevel::kIndependent:
      return "independent";
    case VerifyLevel::kRows:
      return "rows";
    case VerifyLevel::kContent:
      break;
  }
  return "content";
}

Status check_space(const PlanningInput& input, const Plan& plan) {
  TRY_ASSIGN(const std::uint64_t free, input.target->free_space());
  if (free == 0 || free >= plan.bytes_needed) return {};
  return fail(
      Error(ErrorKind::kLimit, fmt::format("the target's disk has {} free, the plan needs about {}",
                                           format_bytes(free), format_bytes(plan.bytes_needed)))
          .about(input.target_ref)
          .advise("free some space, or move fewer tables with --table"));
}

}  // namespace

Status add_source_views(Engine& engine, ReadSession& session, const std::vector<Table>& tables) {
  TRY_ASSIGN(const auto connection, engine.connect());
  for (Table table : tables) {
    if (table.columns.empty()) continue;
    // SQL sees the text of what the engine has no type for.
    for (Column& column : table.columns) {
      if (!is_known(column.type)) column.type = simple_type(TypeKind::kText);
    }
    TRY_ASSIGN(const std::string relation, session.relation(table, nullptr, ReadPath::kFast));
    if (!table.name.schema.empty()) {
      TRY(connection->execute("CREATE SCHEMA IF NOT EXISTS memory." +
                              quote_identifier(table.name.schema)));
      TRY(connection->execute("CREATE OR REPLACE VIEW memory." + table.name.quoted() +
                              " AS SELECT * FROM " + relation));
    }
    if (table.name.schema == "main") continue;
    // The bare name too; where two schemas have it, the first one wins and the others need theirs.
    const Status made =
        connection->execute("CREATE VIEW IF NOT EXISTS memory.main." +
                            quote_identifier(table.name.name) + " AS SELECT * FROM " + relation);
    if (!made) return made;
  }
  return {};
}

Result<Plan> plan_migration(const PlanningInput& input, ReadSession& session) {
  const MigrateOptions& options = *input.options;
  TRY(input.target->check_can_write());
  TRY_ASSIGN(Inventory inventory, session.inspect());
  TRY_ASSIGN(std::vector<Table> tables, chosen_tables(input, inventory));
  for (Table& table : tables) {
    TRY(session.survey(table));
    TRY(session.count_where_unknown(table));
  }
  if (!options.maps.empty()) {
    for (Table& table : inventory.tables) TRY(session.survey(table));
    TRY(add_source_views(*input.engine, session, inventory.tables));
  }
  TRY_ASSIGN(const auto connection, input.engine->connect());
  PlanInput plan_input;
  plan_input.source = input.source_ref;
  plan_input.target = input.target_ref;
  plan_input.source_capabilities = input.source->capabilities();
  plan_input.target_capabilities = input.target->capabilities();
  plan_input.rule = [&](const Type& type) { return rule_for(input, type); };
  plan_input.tables = tables;
  plan_input.all_source_tables = inventory.tables;
  TRY_ASSIGN(plan_input.maps, read_maps(*connection, input));
  TRY_ASSIGN(plan_input.target_inventory, inventory_of_target(*input.target));
  plan_input.target_schema = input.target_schema;
  plan_input.renames = options.renames;
  plan_input.if_exists = options.if_exists;
  plan_input.merge_key = options.key;
  plan_input.accept_losses = options.accept_losses;
  plan_input.partition = options.partition;
  plan_input.sort = options.sort;
  plan_input.reject_bad_rows = options.on_bad_row == OnBadRow::kReject;
  const AskValues ask = [&](const TablePlan& table, const std::vector<std::string>& predicates) {
    return count_values(*connection, session, table, predicates);
  };
  plan_input.evaluate = [&](const std::string& expression) -> Result<bool> {
    TRY_ASSIGN(const auto value, connection->value("SELECT " + expression));
    return value == "true";
  };
  TRY_ASSIGN(Plan plan, make_plan(plan_input, ask));
  if (plan.tables.empty()) {
    return fail(
        Error(ErrorKind::kNotFound,
              fmt::format("there is no table to move in {}", input.source_ref))
            .about(input.source_ref)
            .advise("`sluice inspect LOCATION` shows what is there; views are named with --table"));
  }
  const bool whole = options.selection.tables.empty() && options.selection.excludes.empty();
  if (!whole) keep_findings_of(tables, inventory);
  for (const Finding& finding : inventory.findings) plan.findings.push_back(finding);
  for (const Sequence& sequence : inventory.free_sequences) {
    if (!options.selection.tables.empty()) break;  // it belongs to none of the named tables
    plan.findings.push_back(
        {"sequence_not_carried", sequence.name,
         fmt::format("sequence \"{}\" belongs to no column and is not carried", sequence.name)});
  }
  plan.level = level_name(options.level);
  plan.backup = options.backup;
  plan.publish = options.publish;
  plan.access = options.access;
  TRY(add_cursors(*input.engine, session, *input.target, options.cursors, plan));
  TRY(add_chunks(input, session, plan));
  TRY_ASSIGN(plan.fingerprint, session.fingerprint());
  TRY(check_space(input, plan));
  return plan;
}

}  // namespace sluice
