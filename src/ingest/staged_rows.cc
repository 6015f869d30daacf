#include "ingest/staged_rows.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "ingest/column_value.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

// Rejected rows are taken out at once, so that nothing else has to ask for them.
constexpr const char* kMakeTables =
    "CREATE TEMP TABLE sluice_reject AS SELECT sluice_at, sluice_reason, sluice_raw FROM "
    "sluice_batch WHERE sluice_reason IS NOT NULL;"
    "CREATE TEMP TABLE sluice_drop (sluice_at BIGINT, in_table BOOLEAN, conflicting BOOLEAN)";

// The names of inputs come back in each row that is kept apart, so they are an enum where that is
// not too long to be one.
std::string part_table_sql(const std::set<std::string>& inputs) {
  static constexpr std::size_t kLabelsMax = 1000;
  std::vector<std::string> labels;
  for (const std::string& input : inputs) labels.push_back(quote_literal(input));
  const bool is_enum = !labels.empty() && labels.size() <= kLabelsMax;
  return fmt::format("CREATE TEMP TABLE sluice_part (part BIGINT, input {}, first BIGINT)",
                     is_enum ? fmt::format("ENUM ({})", join(labels, ", ")) : "VARCHAR");
}

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// Where a row came from: its input, and its line or object, counted from 1.
std::string place_sql() {
  return fmt::format("p.input AS input, p.first + (b.sluice_at & {}) + 1 AS line",
                     (std::int64_t{1} << kOrdinalBits) - 1);
}

std::string part_join() {
  return fmt::format("JOIN sluice_part p ON p.part = b.sluice_at >> {}", kOrdinalBits);
}

}  // namespace

std::string StagedRows::columns_sql(const std::string& relation) const {
  std::vector<std::string> out;
  for (const PlannedColumn& column : plan_) {
    out.push_back(relation + "." + quote_identifier(column.name));
  }
  return join(out, ", ");
}

std::string StagedRows::key_terms(const std::string& left, const std::string& right) const {
  std::vector<std::string> out;
  for (const std::string& column : key_) {
    out.push_back(fmt::format("{0}.{2} = {1}.{2}", left, right, quote_identifier(column)));
  }
  return join(out, " AND ");
}

std::string StagedRows::differs(const std::string& left, const std::string& right) const {
  std::vector<std::string> out;
  for (const PlannedColumn& column : plan_) {
    out.push_back(fmt::format("{0}.{2} IS DISTINCT FROM {1}.{2}", left, right,
                              quote_identifier(column.name)));
  }
  return "(" + join(out, " OR ") + ")";
}

// Columns that no record fills get their type here: the source makes texts of them.
Result<std::string> StagedRows::typed_columns_sql() const {
  std::vector<std::string> out;
  for (const PlannedColumn& column : plan_) {
    if (can_fill(column.type)) continue;
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    out.push_back(fmt::format("CAST({0} AS {1}) AS {0}", quote_identifier(column.name), type));
  }
  return out.empty() ? "*" : fmt::format("* REPLACE ({})", join(out, ", "));
}

Status StagedRows::read(std::vector<Input>& inputs, std::atomic<std::uint64_t>* rows_done) {
  const auto source = std::make_shared<RowSource>(inputs, plan_, key_, rows_done);
  TRY(connection_->execute("SET preserve_insertion_order = false"));
  TRY_ASSIGN(const std::string columns, typed_columns_sql());
  const std::string relation = engine_.add_source(source);
  const Status done = connection_->execute(
      fmt::format("CREATE TEMP TABLE sluice_batch AS SELECT {} FROM {}", columns, relation));
  engine_.remove_source(relation);
  TRY(done);
  TRY(remove_broken(*source, source->findings(), inputs));
  TRY(connection_->execute(kMakeTables));
  if (source->findings().rejected > 0) {
    TRY(connection_->execute("DELETE FROM sluice_batch WHERE sluice_reason IS NOT NULL"));
  }
  TRY(make_parts(*source, source->findings(), inputs));
  keep_findings(source->findings());
  return {};
}

Status StagedRows::remove_broken(const RowSource& source, const ScanFindings& findings,
                                 std::vector<Input>& inputs) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < source.parts().size(); ++i) {
    if (findings.broken.contains(source.parts()[i].input)) parts.push_back(std::to_string(i));
  }
  for (const auto& [input, reason] : findings.broken) inputs[input].broken = reason;
  if (parts.empty()) return {};
  return connection_->execute(fmt::format("DELETE FROM sluice_batch WHERE sluice_at >> {} IN ({})",
                                          kOrdinalBits, join(parts, ", ")));
}

Status StagedRows::make_parts(const RowSource& source, ScanFindings& findings,
                              const std::vector<Input>& inputs) {
  std::vector<std::string> rows;
  std::set<std::string> names;
  for (const Input& input : inputs) names.insert(input.name);
  TRY(connection_->execute(part_table_sql(names)));
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < source.parts().size(); ++i) {
    const std::size_t input = source.parts()[i].input;
    if (i == 0 || source.parts()[i - 1].input != input) first = 0;
    rows.push_back(fmt::format("({}, {}, {})", i, quote_literal(inputs[input].name), first));
    first += findings.passed[i];
  }
  if (rows.empty()) return {};
  return connection_->execute("INSERT INTO sluice_part VALUES " + join(rows, ", "));
}

void StagedRows::keep_findings(ScanFindings& findings) {
  unknown_fields_.assign(findings.unknown_fields.begin(), findings.unknown_fields.end());
  for (const std::size_t column : findings.assumed_zone) {
    notes_.push_back(fmt::format("times of \"{}\" without an offset were taken as those of {}",
                                 plan_[column].name,
                                 plan_[column].zone ? "the zone that the map names" : "UTC"));
  }
  for (const std::size_t column : findings.dropped_offset) {
    notes_.push_back(fmt::format("times of \"{}\" with an offset are kept in UTC: its type is {}",
                                 plan_[column].name, to_string(plan_[column].type)));
  }
}

Status StagedRows::read_dropped(const fs::path& file, const std::string& name,
                                bool conflicting_only) {
  TRY(connection_->execute(fmt::format(
      "CREATE TEMP TABLE sluice_batch AS SELECT {0}, row_number() OVER (ORDER BY "
      "sluice_place) - 1 AS sluice_at, hash({0}) AS sluice_hash, "
      "NULL::VARCHAR AS sluice_reason, NULL::VARCHAR AS sluice_raw FROM read_parquet({1}) r "
      "WHERE {2}",
      columns_sql("r"), quote_literal(file.string()),
      conflicting_only ? "sluice_conflicting" : "true")));
  TRY(connection_->execute(kMakeTables));
  TRY(connection_->execute(part_table_sql({name})));
  return connection_->execute(
      fmt::format("INSERT INTO sluice_part VALUES (0, {}, 0)", quote_literal(name)));
}

// Rows that are the same in all columns are told from others by two hashes being one; only groups
// of several hashes are compared column by column.
Status StagedRows::drop_within() {
  if (key_.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& column : key_) names.push_back(quote_identifier(column));
  TRY(connection_->execute(fmt::format(
      "CREATE TEMP TABLE sluice_twice AS SELECT {0}, min(sluice_at) AS first, min(sluice_hash) <> "
      "max(sluice_hash) AS mixed FROM sluice_batch GROUP BY {0} HAVING count(*) > 1",
      join(names, ", "))));
  const std::string later = fmt::format(
      "sluice_batch b JOIN sluice_twice k ON {} AND b.sluice_at <> k.first", key_terms("b", "k"));
  TRY(connection_->execute(fmt::format(
      "INSERT INTO sluice_drop SELECT b.sluice_at, false, false FROM {} WHERE NOT k.mixed",
      later)));
  TRY_ASSIGN(const auto mixed, connection_->value("SELECT count(*) FROM sluice_twice WHERE mixed"));
  if (number(mixed) > 0) {
    TRY(connection_->execute(
        fmt::format("INSERT INTO sluice_drop SELECT b.sluice_at, false, {} FROM {} JOIN "
                    "sluice_batch f ON f.sluice_at = k.first WHERE k.mixed",
                    differs("b", "f"), later)));
  }
  return connection_->execute("DROP TABLE sluice_twice");
}

std::string StagedRows::staying() const {
  return "sluice_batch b ANTI JOIN sluice_drop d ON b.sluice_at = d.sluice_at";
}

Result<std::uint64_t> StagedRows::drop_found_in(const std::string& relation) {
  if (key_.empty() || relation.empty()) return std::uint64_t{0};
  TRY(connection_->execute("DROP TABLE IF EXISTS sluice_hit"));
  // Keys alone are read until it is known that there are such rows.
  TRY(connection_->execute(
      fmt::format("CREATE TEMP TABLE sluice_hit AS SELECT b.* FROM (SELECT b.* FROM {}) b SEMI "
                  "JOIN {} t ON {}",
                  staying(), relation, key_terms("b", "t"))));
  TRY_ASSIGN(const auto hits, connection_->value("SELECT count(*) FROM sluice_hit"));
  if (number(hits) == 0) return std::uint64_t{0};
  TRY(connection_->execute(
      fmt::format("INSERT INTO sluice_drop SELECT h.sluice_at, true, bool_and({}) FROM "
                  "sluice_hit h JOIN {} t ON {} GROUP BY h.sluice_at",
                  differs("h", "t"), relation, key_terms("h", "t"))));
  return number(hits);
}

Result<RowCounts> StagedRows::count() {
  RowCounts out;
  TRY_ASSIGN(const auto rows,
             connection_->rows("SELECT (SELECT count(*) FROM sluice_batch), (SELECT count(*) FROM "
                               "sluice_reject)"));
  out.rejected = number(rows.front().at(1));
  out.read = number(rows.front().at(0)) + out.rejected;
  TRY_ASSIGN(const auto drops,
             connection_->rows("SELECT count(*) FILTER (NOT in_table), count(*) FILTER (in_table), "
                               "count(*) FILTER (conflicting) FROM sluice_drop"));
  out.in_batch = number(drops.front().at(0));
  out.in_table = number(drops.front().at(1));
  out.conflicting = number(drops.front().at(2));
  return out;
}

Result<std::vector<ColumnRange>> StagedRows::key_ranges() {
  std::vector<ColumnRange> out;
  std::vector<std::string> terms;
  for (const std::string& column : key_) {
    terms.push_back(fmt::format("min({0}), max({0})", quote_identifier(column)));
  }
  if (terms.empty()) return out;
  TRY_ASSIGN(const auto rows,
             connection_->rows(fmt::format(
                 "SELECT {} FROM sluice_batch WHERE sluice_reason IS NULL", join(terms, ", "))));
  for (std::size_t i = 0; i < key_.size(); ++i) {
    const auto& min = rows.front().at(2 * i);
    const auto& max = rows.front().at(2 * i + 1);
    if (min && max) out.push_back({key_[i], *min, *max});
  }
  return out;
}

Result<bool> StagedRows::write_rejects(const fs::path& file, const std::vector<Input>& inputs) {
  std::vector<std::string> broken;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].broken.empty()) continue;
    broken.push_back(fmt::format("({}, {}, {})", i, quote_literal(inputs[i].name),
                                 quote_literal(inputs[i].broken)));
  }
  std::string rows = fmt::format(
      "SELECT {}, b.sluice_reason AS reason, b.sluice_raw AS raw, b.sluice_at AS place FROM "
      "sluice_reject b {}",
      place_sql(), part_join());
  if (!broken.empty()) {
    rows += fmt::format(
        " UNION ALL SELECT input, NULL, 'the file is broken: ' || reason, NULL, place FROM (VALUES "
        "{}) v(place, input, reason)",
        join(broken, ", "));
  }
  TRY_ASSIGN(const auto any, connection_->value("SELECT count(*) FROM sluice_reject"));
  if (broken.empty() && number(any) == 0) return false;
  TRY(connection_->execute(fmt::format(
      "COPY (SELECT input, line, reason, raw FROM ({}) ORDER BY place) TO {} (FORMAT json)", rows,
      quote_literal(file.string()))));
  TRY(sync_file(file));
  return true;
}

Result<bool> StagedRows::write_dropped(const fs::path& file) {
  TRY_ASSIGN(const auto any, connection_->value("SELECT count(*) FROM sluice_drop"));
  if (number(any) == 0) return false;
  const std::string place = replace_all(replace_all(place_sql(), "AS input", "AS sluice_input"),
                                        "AS line", "AS sluice_line");
  TRY(connection_->execute(fmt::format(
      "COPY (SELECT {}, {}, "
      "CAST(CASE WHEN d.in_table THEN 'table' ELSE 'batch' END AS ENUM ('table', 'batch')) AS "
      "sluice_found_in, "
      "d.conflicting AS sluice_conflicting, b.sluice_at AS sluice_place FROM sluice_batch b JOIN "
      "sluice_drop d ON d.sluice_at = b.sluice_at {}) TO {} (FORMAT parquet)",
      columns_sql("b"), place, part_join(), quote_literal(file.string()))));
  TRY(sync_file(file));
  return true;
}

std::string StagedRows::select_sql() const {
  return fmt::format("SELECT {} FROM {}", columns_sql("b"), staying());
}

}  // namespace sluice::ingest
