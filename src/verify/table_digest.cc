#include "verify/table_digest.h"

#include <fmt/format.h>

#include "base/text.h"
#include "verify/reconcile.h"

namespace sluice {

Result<Digest> table_digest(Engine& engine, const CompareSide& side, const ScanOptions& options) {
  TRY_ASSIGN(const PreparedSide prepared, prepare_side(engine, side));
  return prepared_digest(engine, prepared, options);
}

Result<Digest> prepared_digest(Engine& engine, const PreparedSide& side,
                               const ScanOptions& options) {
  std::vector<Digest> digests(static_cast<std::size_t>(scan_threads(engine, options)));
  TRY(scan_side(engine, side, options, [&](int thread) -> BatchVisitor {
    Digest* digest = &digests[static_cast<std::size_t>(thread)];
    return [digest](const Batch& batch) -> Status {
      *digest += digest_of(batch);
      return {};
    };
  }));
  Digest sum;
  for (const Digest& digest : digests) sum += digest;
  return sum;
}

Result<Digest> table_digest(Engine& engine, ReadSession& session, const Table& table, ReadPath path,
                            const DigestOptions& options) {
  CompareSide side;
  side.session = &session;
  side.table = table;
  side.path = path;
  return table_digest(engine, side, options);
}

Result<CompareSide> read_back_side(ReadSession& session, const Table& table,
                                   const std::vector<WantedColumn>& wanted, ReadPath path) {
  CompareSide side;
  side.session = &session;
  side.table = table;
  side.path = path;
  std::vector<std::string> expressions;
  for (const WantedColumn& column : wanted) {
    const Column* found = table.find_column(column.name);
    if (found == nullptr) {
      return fail(Error(ErrorKind::kNotFound, fmt::format("table \"{}\" has no column \"{}\"",
                                                          table.name.display(), column.name))
                      .about(table.name.display()));
    }
    const std::string sql = read_as_sql(column.type, found->type);
    expressions.push_back(over_column(sql, column.name) + " AS " + quote_identifier(column.name));
    // As it is read, so that a numeric carried as text is known to be a number.
    side.select_types.push_back(sql == "{0}" ? found->type : column.type);
  }
  if (expressions.empty()) return side;
  side.select_sql = fmt::format("SELECT {} FROM {{relation}}", join(expressions, ", "));
  return side;
}

}  // namespace sluice
