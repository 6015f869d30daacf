#include "operations/archive_content.h"

#include <fmt/format.h>

#include <algorithm>

#include "operations/open_endpoint.h"
#include "verify/table_digest.h"

namespace sluice {

Result<std::vector<ArchivedContent>> content_of(const Location& location, Engine& engine,
                                                const Sluice::Impl& impl, Ticker& ticker) {
  TRY_ASSIGN(const auto endpoint, open_endpoint(location, engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  return content_of(*session, engine, impl, ticker);
}

Result<std::vector<ArchivedContent>> content_of(ReadSession& session, Engine& engine,
                                                const Sluice::Impl& impl, Ticker& ticker) {
  TRY_ASSIGN(const Inventory inventory, session.inspect());
  std::vector<ArchivedContent> out;
  for (Table table : inventory.tables) {
    if (table.is_view) continue;
    TRY(session.survey(table));
    for (Column& column : table.columns) {
      if (column.needs_text()) column.type = simple_type(TypeKind::kText);
    }
    ScanOptions options;
    options.threads = impl.threads(0);
    options.rows_done = &ticker.rows();
    options.cancel = impl.settings.cancel;
    const CompareSide side{&session, table, {}, std::nullopt, {}, ReadPath::kFast};
    TRY_ASSIGN(const Digest digest, table_digest(engine, side, options));
    out.push_back({table.name.display(), digest.rows, digest.hex()});
  }
  std::sort(out.begin(), out.end(),
            [](const ArchivedContent& a, const ArchivedContent& b) { return a.table < b.table; });
  return out;
}

Status check_same_content(const std::vector<ArchivedContent>& expected,
                          const std::vector<ArchivedContent>& found, const std::string& where) {
  for (const ArchivedContent& table : expected) {
    const auto at = std::find_if(found.begin(), found.end(), [&](const ArchivedContent& other) {
      return other.table == table.table;
    });
    if (at != found.end() && at->digest == table.digest && at->rows == table.rows) continue;
    return fail(Error(ErrorKind::kMismatch,
                      at == found.end()
                          ? fmt::format("table \"{}\" is not in {}", table.table, where)
                          : fmt::format("table \"{}\" has {} rows in {}, and had {}{}", table.table,
                                        at->rows, where, table.rows,
                                        at->rows == table.rows ? " with other values" : ""))
                    .about(table.table));
  }
  if (found.size() == expected.size()) return {};
  return fail(ErrorKind::kMismatch, fmt::format("{} tables are in {}, and there were {}",
                                                found.size(), where, expected.size()));
}

}  // namespace sluice
