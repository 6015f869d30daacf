// verify, and verify against a certificate.

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "journal/certificate.h"
#include "migrate/ticker.h"
#include "operations/open_endpoint.h"
#include "operations/session.h"
#include "plan/select_tables.h"
#include "verify/compare.h"
#include "verify/table_digest.h"

namespace sluice {
namespace {

struct OpenedSide {
  Place place;
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<ReadSession> session;
  Inventory inventory;
};

Result<OpenedSide> open_side(Sluice::Impl& impl, const std::string& text) {
  OpenedSide side;
  TRY_ASSIGN(side.place, impl.place(text));
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY_ASSIGN(side.endpoint, open_endpoint(side.place.location, *engine, false));
  TRY_ASSIGN(side.session, side.endpoint->read());
  TRY_ASSIGN(side.inventory, side.session->inspect(false));
  return side;
}

Level level_of(VerifyLevel level) {
  switch (level) {
    case VerifyLevel::kCounts:
      return Level::kCounts;
    case VerifyLevel::kIndependent:
      return Level::kIndependent;
    case VerifyLevel::kRows:
      return Level::kRows;
    case VerifyLevel::kContent:
      break;
  }
  return Level::kContent;
}

// The target's table for a source's table: by rename, by both names, by the name alone where that
// is one table, whatever the case.
const Table* counterpart(const Table& source, const Inventory& target,
                         const std::map<std::string, std::string>& renames) {
  std::string wanted = source.name.name;
  for (const auto& [old_name, new_name] : renames) {
    if (names_table(old_name, source.name)) wanted = new_name;
  }
  const Table* found = nullptr;
  int exact = 0;
  for (const Table& table : target.tables) {
    if (table.name == source.name && wanted == source.name.name) return &table;
    if (table.name.display() == wanted) return &table;
    if (table.name.name == wanted) {
      found = &table;
      ++exact;
    }
  }
  if (exact == 1) return found;
  const std::string folded_schema = source.name.schema + "_" + source.name.name;
  const Table* by_case = nullptr;
  int alike = 0;
  for (const Table& table : target.tables) {
    if (table.name.name == folded_schema) return &table;
    if (to_lower(table.name.name) != to_lower(wanted)) continue;
    by_case = &table;
    ++alike;
  }
  return exact == 0 && alike == 1 ? by_case : nullptr;
}

NamedValue named(const CellText& cell) { return {cell.first, cell.second}; }

std::vector<NamedValue> named_all(const std::vector<CellText>& cells) {
  std::vector<NamedValue> out;
  for (const CellText& cell : cells) out.push_back(named(cell));
  return out;
}

RowDifference difference_of(const RowMismatch& row) {
  RowDifference out;
  using Side = RowMismatch::Side;
  out.side = row.side == Side::kSource   ? DifferenceSide::kSource
             : row.side == Side::kTarget ? DifferenceSide::kTarget
                                         : DifferenceSide::kBoth;
  out.key = named_all(row.key);
  out.source = named_all(row.source);
  out.target = named_all(row.target);
  const std::uint64_t more = std::max(row.source_count, row.target_count);
  const std::uint64_t fewer = std::min(row.source_count, row.target_count);
  out.copies = std::max<std::uint64_t>(1, more - fewer);
  return out;
}

TableDifference difference_of(const Table& source, const Table& target,
                              const TableComparison& compared, double seconds) {
  TableDifference out;
  out.table.source = source.name.display();
  out.table.target = target.name.display();
  out.table.rows_source = compared.rows_source;
  out.table.rows_target = compared.rows_target;
  if (compared.level != Level::kCounts) {
    out.table.digest_source = compared.digest_source.hex();
    out.table.digest_target = compared.digest_target.hex();
  }
  out.table.differs = !compared.same;
  out.table.seconds = seconds;
  if (compared.same) out.table.verified = to_string(compared.level);
  out.same = compared.same;
  out.problem = join(compared.notes, "; ");
  out.limit_hit = compared.limited;
  out.rows_only_source = compared.rows_only_source;
  out.rows_only_target = compared.rows_only_target;
  out.rows_changed = compared.rows_changed;
  for (const RowMismatch& row : compared.differences) {
    out.differences.push_back(difference_of(row));
  }
  const std::uint64_t found =
      compared.rows_only_source + compared.rows_only_target + compared.rows_changed;
  out.limit_hit = out.limit_hit || found > out.differences.size();
  return out;
}

TableDifference missing(const std::string& source, const std::string& target,
                        const std::string& problem) {
  TableDifference out;
  out.table.source = source;
  out.table.target = target;
  out.table.differs = true;
  out.problem = problem;
  return out;
}

// Tables of the target alone are a difference where the whole of both sides is compared.
void add_surplus(const OpenedSide& target, const std::vector<std::string>& seen,
                 const VerifyOptions& options, VerifyReport& report) {
  if (!options.selection.tables.empty() || !options.selection.excludes.empty()) return;
  for (const Table& table : target.inventory.tables) {
    const std::string name = table.name.display();
    if (table.is_view || std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    report.tables.push_back(missing("", name, "the source has no table \"" + name + "\""));
  }
}

void conclude(VerifyReport& report, const Stopwatch& watch) {
  const bool same = std::all_of(report.tables.begin(), report.tables.end(),
                                [](const TableDifference& table) { return table.same; });
  report.state = same ? "same" : "differs";
  report.seconds = watch.seconds();
  if (same) return;
  std::vector<std::string> names;
  for (const TableDifference& table : report.tables) {
    if (table.same) continue;
    names.push_back(table.table.source.empty() ? table.table.target : table.table.source);
  }
  report.error = Error(ErrorKind::kMismatch, "source and target differ: " + join(names, ", "));
  if (report.level != "rows") {
    report.error->hint = "`sluice verify SOURCE TARGET --level rows` names the rows";
  }
}

std::uint64_t rows_of(const std::vector<Table>& tables) {
  std::uint64_t rows = 0;
  for (const Table& table : tables) rows += table.rows.value_or(0);
  return rows;
}

}  // namespace

Result<VerifyReport> Sluice::verify(const VerifyOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(OpenedSide source, open_side(*impl_, options.source));
  TRY_ASSIGN(OpenedSide target, open_side(*impl_, options.target));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY_ASSIGN(const std::vector<Table> tables,
             select_tables(source.inventory, options.selection.tables, options.selection.excludes));
  VerifyReport report;
  report.source = source.place.location.display();
  report.target = target.place.location.display();
  report.level = to_string(level_of(options.level));
  Ticker ticker(impl_->settings.progress);
  ticker.phase("verify", rows_of(tables) * 2);
  CompareOptions compare;
  compare.level = level_of(options.level);
  compare.key = options.key;
  compare.differences_max = options.differences_max;
  compare.threads = impl_->threads(0);
  compare.rows_done = &ticker.rows();
  compare.cancel = impl_->settings.cancel;
  std::vector<std::string> seen;
  for (const Table& table : tables) {
    const Table* const other = counterpart(table, target.inventory, options.renames);
    if (other == nullptr) {
      report.tables.push_back(missing(table.name.display(), "", "the target has no such table"));
      continue;
    }
    seen.push_back(other->name.display());
    const Stopwatch table_watch;
    CompareSide left{source.session.get(), table, {}, std::nullopt, {}, ReadPath::kFast};
    CompareSide right{target.session.get(), *other, {}, std::nullopt, {}, ReadPath::kFast};
    TRY(source.session->survey(left.table));
    TRY(target.session->survey(right.table));
    for (CompareSide* side : {&left, &right}) {
      for (Column& column : side->table.columns) {
        if (!column.hazards.empty()) column.type = simple_type(TypeKind::kText);
      }
    }
    TRY_ASSIGN(const TableComparison compared, compare_tables(*engine, left, right, compare));
    report.tables.push_back(difference_of(table, *other, compared, table_watch.seconds()));
  }
  add_surplus(target, seen, options, report);
  conclude(report, watch);
  return report;
}

Result<VerifyReport> Sluice::verify_certificate(const std::filesystem::path& file) {
  const Stopwatch watch;
  TRY_ASSIGN(const Certificate certificate, read_certificate(file));
  TRY_ASSIGN(OpenedSide target, open_side(*impl_, certificate.target));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  VerifyReport report;
  report.source = certificate.source;
  report.target = certificate.target;
  report.level = "content";
  report.certificate = file.string();
  Ticker ticker(impl_->settings.progress);
  ticker.phase("verify", 0);
  DigestOptions options;
  options.threads = impl_->threads(0);
  options.rows_done = &ticker.rows();
  options.cancel = impl_->settings.cancel;
  for (const CertifiedTable& certified : certificate.tables) {
    const auto at =
        std::find_if(target.inventory.tables.begin(), target.inventory.tables.end(),
                     [&](const Table& table) { return table.name.display() == certified.target; });
    if (at == target.inventory.tables.end()) {
      report.tables.push_back(
          missing(certified.source, certified.target, "the target has no such table any more"));
      continue;
    }
    Table table = *at;
    TRY(target.session->survey(table));
    TRY_ASSIGN(const Digest digest,
               table_digest(*engine, *target.session, table, ReadPath::kFast, options));
    TableDifference& out = report.tables.emplace_back();
    out.table.source = certified.source;
    out.table.target = certified.target;
    out.table.rows_source = certified.rows_published;
    out.table.rows_target = digest.rows;
    out.table.digest_source = certified.digest_published;
    out.table.digest_target = digest.hex();
    out.same = digest.hex() == certified.digest_published;
    out.table.differs = !out.same;
    if (out.same) out.table.verified = "content";
    if (!out.same) out.problem = "the target's content is not what the certificate says";
  }
  conclude(report, watch);
  if (report.error)
    report.error->hint = "the target was changed since the run, or another run replaced it";
  return report;
}

}  // namespace sluice
