// verify, and verify against a certificate.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "journal/certificate.h"
#include "migrate/ticker.h"
#include "operations/open_endpoint.h"
#include "operations/session.h"
#include "plan/select_tables.h"
#include "plan/target_name.h"
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
  TRY_ASSIGN(side.inventory, side.session->inspect());
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

const Table* find_table(const Inventory& inventory, const TableName& name, bool folds_case) {
  const auto same = [&](const std::string& a, const std::string& b) {
    return a == b || (folds_case && to_lower(a) == to_lower(b));
  };
  for (const Table& table : inventory.tables) {
    if (same(table.name.name, name.name) && same(table.name.schema, name.schema)) return &table;
  }
  return nullptr;
}

// Which table of the target belongs to which of the source: the one that migrate would have made of
// it; then one of which migrate, the other way, would have made the source's; then the only one of
// that name, whatever its schema and case. A table belongs to one other at most.
class Pairing {
 public:
  Pairing(const OpenedSide& source, const OpenedSide& target,
          const std::map<std::string, std::string>& renames)
      : target_(target.inventory), folds_case_(target.endpoint->capabilities().folds_case) {
    there_ = {&source.endpoint->capabilities(), &target.endpoint->capabilities(),
              target.place.location.parameter("schema", ""), renames};
    back_ = {there_.target, there_.source, source.place.location.parameter("schema", ""), {}};
  }

  // Returns: for each of `tables` the other one, null where there is none.
  std::vector<const Table*> run(const std::vector<Table>& tables) {
    std::vector<const Table*> found(tables.size(), nullptr);
    using Step = const Table* (Pairing::*)(const Table&) const;
    for (const Step step :
         {&Pairing::as_migrated, &Pairing::as_migrated_back, &Pairing::only_one_of_that_name}) {
      for (std::size_t i = 0; i < tables.size(); ++i) {
        if (found[i] != nullptr) continue;
        found[i] = (this->*step)(tables[i]);
        if (found[i] != nullptr) taken_.insert(found[i]);
      }
    }
    return found;
  }

 private:
  const Table* free(const Table* table) const { return taken_.contains(table) ? nullptr : table; }

  const Table* as_migrated(const Table& source) const {
    return free(find_table(target_, name_in_target(there_, source.name), folds_case_));
  }

  const Table* as_migrated_back(const Table& source) const {
    if (is_renamed(source)) return nullptr;
    for (const Table& table : target_.tables) {
      if (name_in_target(back_, table.name) == source.name && free(&table)) return &table;
    }
    return nullptr;
  }

  const Table* only_one_of_that_name(const Table& source) const {
    const std::string wanted = name_in_target(there_, source.name).name;
    for (const std::string& name : {wanted, source.name.name}) {
      std::vector<const Table*> exact;
      std::vector<const Table*> alike;
      for (const Table& table : target_.tables) {
        if (!free(&table)) continue;
        if (table.name.name == name) exact.push_back(&table);
        if (to_lower(table.name.name) == to_lower(name)) alike.push_back(&table);
      }
      if (exact.size() == 1) return exact[0];
      if (exact.empty() && alike.size() == 1) return alike[0];
      if (is_renamed(source)) break;
    }
    return nullptr;
  }

  bool is_renamed(const Table& source) const {
    return std::any_of(there_.renames.begin(), there_.renames.end(), [&](const auto& rename) {
      return is_renamed_by(rename.first, source.name, there_.source->folds_case);
    });
  }

  const Inventory& target_;
  bool folds_case_;
  Naming there_;
  Naming back_;
  std::set<const Table*> taken_;
};

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

// Where one of two systems of a kind has a type and the other its text (migrate makes such columns
// where the target lacks the type), the text is what they have in common.
void read_own_types_as_text(Table& table, const Table& other) {
  for (Column& column : table.columns) {
    const Column* there = other.find_column(column.name);
    if (there == nullptr || !column.own_type || column.type.kind == there->type.kind) continue;
    if (there->type.kind == TypeKind::kText) column.type = simple_type(TypeKind::kText);
  }
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
             select_tables(source.inventory, options.selection.tables, options.selection.excludes,
                           source.endpoint->capabilities().folds_case));
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
  const std::vector<const Table*> others = Pairing(source, target, options.renames).run(tables);
  auto at = others.begin();
  for (const Table& table : tables) {
    const Table* const other = *at++;
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
        if (column.needs_text()) column.type = simple_type(TypeKind::kText);
      }
    }
    if (source.endpoint->capabilities().name == target.endpoint->capabilities().name) {
      read_own_types_as_text(left.table, right.table);
      read_own_types_as_text(right.table, left.table);
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
    for (const std::string& text : certified.texts) {
      for (Column& column : table.columns) {
        if (column.name == text) column.type = simple_type(TypeKind::kText);
      }
    }
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
