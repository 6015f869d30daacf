#include "verify/compare.h"

#include <fmt/format.h>

#include "base/text.h"
#include "verify/match_columns.h"
#include "verify/row_differences.h"
#include "verify/table_digest.h"

namespace sluice {
namespace {

struct PreparedSides {
  PreparedSide source;
  PreparedSide target;
  bool complete = true;
  std::vector<std::string> notes;
};

Result<PreparedSides> prepare_sides(Engine& engine, const CompareSide& source,
                                    const CompareSide& target) {
  PreparedSides out;
  TRY_ASSIGN(out.source, prepare_side(engine, source));
  TRY_ASSIGN(out.target, prepare_side(engine, target));
  const bool by_position = !source.columns.empty() && !target.columns.empty();
  if (by_position && source.columns.size() != target.columns.size()) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("table \"{}\": {} columns of the source are compared with {}",
                                  source.table.name.display(), source.columns.size(),
                                  target.columns.size()))
                    .about(source.table.name.display()));
  }
  MatchedColumns matched = by_position
                               ? match_columns_by_position(out.source.columns, out.target.columns)
                               : match_columns_by_name(out.source.columns, out.target.columns);
  out.source.columns = std::move(matched.source);
  out.target.columns = std::move(matched.target);
  out.complete = matched.complete;
  out.notes = std::move(matched.notes);
  return out;
}

// Indexes of `names` among `columns`; nullopt where one is not there.
std::optional<std::vector<std::size_t>> indexes_of(const std::vector<std::string>& names,
                                                   const std::vector<SideColumn>& columns) {
  std::vector<std::size_t> indexes;
  for (const std::string& name : names) {
    std::size_t at = 0;
    while (at < columns.size() && columns[at].name != name) ++at;
    if (at == columns.size()) return std::nullopt;
    indexes.push_back(at);
  }
  return indexes;
}

std::vector<std::size_t> primary_key(const Table& table, const std::vector<SideColumn>& columns) {
  for (const Key& key : table.keys) {
    if (key.kind != KeyKind::kPrimary) continue;
    return indexes_of(key.columns, columns).value_or(std::vector<std::size_t>{});
  }
  return {};
}

Result<std::vector<std::size_t>> choose_key(const CompareSide& source, const CompareSide& target,
                                            const PreparedSides& sides,
                                            const CompareOptions& options) {
  if (!options.key.empty()) {
    const auto indexes = indexes_of(options.key, sides.source.columns);
    if (indexes) return *indexes;
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("key \"{}\" of table \"{}\" is not among the compared columns",
                                  join(options.key, ", "), source.table.name.display()))
                    .about(source.table.name.display())
                    .advise("`sluice inspect` lists the columns"));
  }
  std::vector<std::size_t> key = primary_key(source.table, sides.source.columns);
  if (key.empty()) key = primary_key(target.table, sides.target.columns);
  return key;
}

Status compare_content(Engine& engine, const PreparedSides& sides, const CompareOptions& options,
                       TableComparison& out) {
  const ScanOptions scan{options.threads, options.rows_done, options.cancel};
  TRY_ASSIGN(out.digest_source, prepared_digest(engine, sides.source, scan));
  TRY_ASSIGN(out.digest_target, prepared_digest(engine, sides.target, scan));
  return {};
}

// A projection keeps all rows.
Status compare_counts(const CompareSide& source, const CompareSide& target,
                      const CompareOptions& options, TableComparison& out) {
  const auto counted = [&](const CompareSide& side, Digest& digest) -> Status {
    TRY_ASSIGN(digest.rows, side.session->count(side.table));
    if (options.rows_done != nullptr) options.rows_done->fetch_add(digest.rows);
    if (options.cancel != nullptr) TRY(options.cancel->check());
    return {};
  };
  TRY(counted(source, out.digest_source));
  return counted(target, out.digest_target);
}

Status compare_all_rows(Engine& engine, const PreparedSides& sides,
                        const std::vector<std::size_t>& key, const CompareOptions& options,
                        TableComparison& out) {
  TRY_ASSIGN(RowComparison rows, compare_rows(engine, sides.source, sides.target, key, options));
  out.digest_source = rows.source;
  out.digest_target = rows.target;
  out.rows_only_source = rows.rows_only_source;
  out.rows_only_target = rows.rows_only_target;
  out.rows_changed = rows.rows_changed;
  out.limited = rows.limited;
  out.differences = std::move(rows.differences);
  return {};
}

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kCounts:
      return "counts";
    case Level::kContent:
      return "content";
    case Level::kIndependent:
      return "independent";
    case Level::kRows:
      break;
  }
  return "rows";
}

Result<TableComparison> compare_tables(Engine& engine, const CompareSide& source,
                                       const CompareSide& target, const CompareOptions& options) {
  CompareSide source_side = source;
  CompareSide target_side = target;
  if (options.level == Level::kIndependent)
    source_side.path = target_side.path = ReadPath::kIndependent;
  TRY_ASSIGN(PreparedSides sides, prepare_sides(engine, source_side, target_side));
  TableComparison out;
  out.level = options.level;
  out.notes = sides.notes;
  if (options.level == Level::kCounts) {
    TRY(compare_counts(source, target, options, out));
  } else if (options.level == Level::kRows) {
    TRY_ASSIGN(const auto key, choose_key(source, target, sides, options));
    TRY(compare_all_rows(engine, sides, key, options, out));
  } else {
    TRY(compare_content(engine, sides, options, out));
  }
  out.rows_source = out.digest_source.rows;
  out.rows_target = out.digest_target.rows;
  out.same = sides.complete && out.digest_source == out.digest_target;
  return out;
}

}  // namespace sluice
