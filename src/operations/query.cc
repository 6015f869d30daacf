#include <fmt/format.h>

#include "base/text.h"
#include "migrate/planning.h"
#include "model/digest.h"
#include "model/nested_value.h"
#include "model/type_rule.h"
#include "operations/open_endpoint.h"
#include "operations/open_lake.h"
#include "operations/query_conditions.h"
#include "operations/query_error.h"
#include "operations/read_hazards.h"
#include "operations/session.h"

namespace sluice {
namespace {

// The columns of a query by their places, since two may have one name.
std::string nested_shown(const std::string& query, const std::vector<QueryColumn>& columns) {
  std::vector<std::string> names;
  std::vector<std::string> items;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    names.push_back(fmt::format("c{}", i));
    const Type& type = columns[i].type;
    items.push_back(is_nested(type.kind) ? replace_all(json_shown_sql(type), "{0}", names[i])
                                         : names[i]);
  }
  return fmt::format("SELECT {} FROM ({}) AS q({})", join(items, ", "), query, join(names, ", "));
}

}  // namespace

Status Sluice::query(const QueryOptions& options, const QueryVisitor& visit,
                     const NoteVisitor& note) {
  TRY_ASSIGN(Place place, impl_->place(options.location));
  TRY(check_one_moment(place.location, options.at));
  TRY_ASSIGN(place.location, at_moment(std::move(place.location), options.at));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY_ASSIGN(const auto endpoint, open_endpoint(place.location, *engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  TRY_ASSIGN(Inventory inventory, session->inspect());
  std::vector<TableName> names;
  for (const Table& table : inventory.tables) names.push_back(table.name);
  std::erase_if(inventory.tables,
                [&](const Table& table) { return !may_name(options.sql, table.name.name); });
  for (Table& table : inventory.tables) TRY(session->survey(table));
  read_hazards_as_text(inventory.tables, options.sql, note);
  if (auto* const taker = dynamic_cast<TakesConditions*>(session.get())) {
    TRY(ask_only_for(*engine, *taker, inventory.tables, options.sql));
  }
  TRY(add_source_views(*engine, *session, inventory.tables));
  TRY_ASSIGN(const auto connection, engine->connect());
  // Inside brackets nothing but a query can stand: whatever would write is refused by the parser.
  // The line break ends a comment at the query's end.
  const std::string wrapped = "SELECT * FROM (" + std::string(trim_statement(options.sql)) + "\n)";
  Result<std::vector<ResultColumn>> described = connection->describe(wrapped);
  if (!described) {
    return fail(query_error(*connection, wrapped, options.sql, place.location, names,
                            std::move(described.error())));
  }
  std::vector<QueryColumn> columns;
  for (const ResultColumn& column : *described) columns.push_back({column.name, column.type});
  const std::string shown = options.nested_as_json ? nested_shown(wrapped, columns) : wrapped;
  bool any = false;
  TRY(connection->stream(shown, [&](const Batch& batch) -> Status {
    any = true;
    std::vector<std::optional<std::string>> cells(columns.size());
    for (std::size_t row = 0; row < batch.rows; ++row) {
      for (std::size_t c = 0; c < columns.size(); ++c) {
        cells[c] = display_value(batch.columns[c], row);
      }
      TRY(visit(columns, cells));
    }
    return {};
  }));
  if (!any) return visit(columns, {});
  return {};
}

}  // namespace sluice
