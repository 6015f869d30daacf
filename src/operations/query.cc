#include <fmt/format.h>

#include "base/text.h"
#include "migrate/planning.h"
#include "model/digest.h"
#include "operations/open_endpoint.h"
#include "operations/open_lake.h"
#include "operations/query_error.h"
#include "operations/read_hazards.h"
#include "operations/session.h"

namespace sluice {
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
  bool any = false;
  TRY(connection->stream(wrapped, [&](const Batch& batch) -> Status {
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
