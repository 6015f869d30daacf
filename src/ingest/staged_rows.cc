#include "ingest/staged_rows.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/file.h"
#include "base/text.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

// Of the rows in files; write_data_files needs it for groups of few bytes.
constexpr const char* kAnyOrder = "SET preserve_insertion_order = false";

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

// In memory where they fit; what they need there is known when they were read.
Result<std::shared_ptr<RowSource>> StagedRows::keep(const std::vector<Input>& inputs,
                                                    std::atomic<std::uint64_t>* rows_done) {
  const std::uint64_t done_before = rows_done == nullptr ? 0 : rows_done->load();
  auto source = std::make_shared<RowSource>(inputs, terms_.plan, terms_.key, rows_done);
  TRY_ASSIGN(rows_, keep_in_memory(engine_, *connection_, terms_, *source));
  if (rows_ != nullptr) return source;
  if (rows_done != nullptr) *rows_done = done_before;
  source = std::make_shared<RowSource>(inputs, terms_.plan, terms_.key, rows_done);
  TRY_ASSIGN(rows_, keep_in_tables(engine_, *connection_, terms_, source));
  return source;
}

Status StagedRows::read(std::vector<Input>& inputs, std::atomic<std::uint64_t>* rows_done) {
  TRY(connection_->execute(kAnyOrder));
  TRY_ASSIGN(const auto source, keep(inputs, rows_done));
  TRY(leave_out_broken(*source, source->findings(), inputs));
  TRY(make_parts(*source, source->findings(), inputs));
  keep_findings(source->findings());
  return {};
}

Status StagedRows::leave_out_broken(const RowSource& source, const ScanFindings& findings,
                                    std::vector<Input>& inputs) {
  std::set<std::size_t> parts;
  for (std::size_t i = 0; i < source.parts().size(); ++i) {
    if (findings.broken.contains(source.parts()[i].input)) parts.insert(i);
  }
  for (const auto& [input, reason] : findings.broken) inputs[input].broken = reason;
  return parts.empty() ? Status() : rows_->leave_out(parts);
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
  is_plain_ = findings.has_minus_zero;
  unknown_fields_.assign(findings.unknown_fields.begin(), findings.unknown_fields.end());
  for (const std::size_t column : findings.assumed_zone) {
    notes_.push_back(fmt::format("times of \"{}\" without an offset were taken as those of {}",
                                 terms_.plan[column].name,
                                 terms_.plan[column].zone ? "the zone that the map names" : "UTC"));
  }
  for (const std::size_t column : findings.dropped_offset) {
    notes_.push_back(fmt::format("times of \"{}\" with an offset are kept in UTC: its type is {}",
                                 terms_.plan[column].name, to_string(terms_.plan[column].type)));
  }
}

Status StagedRows::read_dropped(const fs::path& file, const std::string& name,
                                bool conflicting_only) {
  is_plain_ = true;  // a record may hold any value
  TRY(connection_->execute(kAnyOrder));
  TRY_ASSIGN(
      rows_,
      keep_selected(
          *connection_, terms_,
          fmt::format("SELECT {0}, row_number() OVER (ORDER BY sluice_place) - 1 AS sluice_at, "
                      "hash({0}) AS sluice_hash, NULL::VARCHAR AS sluice_reason, NULL::VARCHAR AS "
                      "sluice_raw FROM read_parquet({1}) r WHERE {2}",
                      terms_.columns("r"), quote_literal(file.string()),
                      conflicting_only ? "sluice_conflicting" : "true")));
  TRY(connection_->execute(part_table_sql({name})));
  return connection_->execute(
      fmt::format("INSERT INTO sluice_part VALUES (0, {}, 0)", quote_literal(name)));
}

Status StagedRows::drop_within() { return terms_.key.empty() ? Status() : rows_->drop_within(); }

Result<std::uint64_t> StagedRows::drop_found_in(const std::string& relation) {
  if (terms_.key.empty() || relation.empty()) return std::uint64_t{0};
  TRY(connection_->execute("DROP TABLE IF EXISTS sluice_hit"));
  // Keys alone are read until it is known that there are such rows.
  TRY(connection_->execute(
      fmt::format("CREATE TEMP TABLE sluice_hit AS SELECT b.* FROM {} b SEMI JOIN {} t ON {}",
                  rows_->staying(), relation, key_terms("b", "t"))));
  TRY_ASSIGN(const auto hits, connection_->value("SELECT count(*) FROM sluice_hit"));
  if (number(hits) == 0) return std::uint64_t{0};
  TRY(rows_->drop_hits(
      fmt::format("SELECT h.sluice_at, bool_and({}) AS conflicting FROM sluice_hit h JOIN {} t ON "
                  "{} GROUP BY h.sluice_at",
                  terms_.differs("h", "t"), relation, key_terms("h", "t"))));
  return number(hits);
}

Result<std::vector<ColumnRange>> StagedRows::key_ranges() {
  std::vector<ColumnRange> out;
  std::vector<std::string> terms;
  for (const std::string& column : terms_.key) {
    terms.push_back(fmt::format("min({0}), max({0})", quote_identifier(column)));
  }
  if (terms.empty()) return out;
  TRY_ASSIGN(const auto rows,
             connection_->rows(fmt::format("SELECT {} FROM {}", join(terms, ", "), rows_->all())));
  for (std::size_t i = 0; i < terms_.key.size(); ++i) {
    const auto& min = rows.front().at(2 * i);
    const auto& max = rows.front().at(2 * i + 1);
    if (min && max) out.push_back({terms_.key[i], *min, *max});
  }
  return out;
}

Result<std::vector<RejectedRow>> StagedRows::rejects() {
  TRY_ASSIGN(const auto rows,
             connection_->rows(fmt::format(
                 "SELECT p.first + (b.sluice_at & {}) + 1, b.sluice_reason FROM "
                 "{} b {} ORDER BY 1",
                 (std::int64_t{1} << kOrdinalBits) - 1, rows_->rejected(), part_join())));
  std::vector<RejectedRow> out;
  for (const TextRow& row : rows) out.push_back({number(row[0]), row[1].value_or("")});
  return out;
}

Result<bool> StagedRows::write_rejects(const fs::path& file, const std::vector<Input>& inputs,
                                       const RowCounts& counts) {
  std::vector<std::string> broken;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].broken.empty()) continue;
    broken.push_back(fmt::format("({}, {}, {})", i, quote_literal(inputs[i].name),
                                 quote_literal(inputs[i].broken)));
  }
  std::string rows = fmt::format(
      "SELECT {}, b.sluice_reason AS reason, b.sluice_raw AS raw, b.sluice_at AS place FROM "
      "{} b {}",
      place_sql(), rows_->rejected(), part_join());
  if (!broken.empty()) {
    rows += fmt::format(
        " UNION ALL SELECT input, NULL, 'the file is broken: ' || reason, NULL, place FROM (VALUES "
        "{}) v(place, input, reason)",
        join(broken, ", "));
  }
  if (broken.empty() && counts.rejected == 0) return false;
  TRY(connection_->execute(fmt::format(
      "COPY (SELECT input, line, reason, raw FROM ({}) ORDER BY place) TO {} (FORMAT json)", rows,
      quote_literal(file.string()))));
  TRY(sync_file(file));
  return true;
}

// A record is read once, if ever: what dictionaries and a codec save is not worth the time that
// they take. The newer encodings make it as small for less.
Result<bool> StagedRows::write_dropped(const fs::path& file, const RowCounts& counts) {
  if (counts.in_batch + counts.in_table == 0) return false;
  const std::string place = replace_all(replace_all(place_sql(), "AS input", "AS sluice_input"),
                                        "AS line", "AS sluice_line");
  TRY(connection_->execute(fmt::format(
      "COPY (SELECT {}, {}, CAST(CASE WHEN b.sluice_in_table THEN 'table' ELSE 'batch' END AS ENUM "
      "('table', 'batch')) AS sluice_found_in, b.sluice_conflicting, b.sluice_at AS sluice_place "
      "FROM {} b {}) TO {} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION uncompressed, "
      "DICTIONARY_SIZE_LIMIT {}, ROW_GROUP_SIZE_BYTES {})",
      terms_.columns("b"), place, rows_->dropped(), part_join(), quote_literal(file.string()),
      is_plain_ ? 0 : 1000, row_group_bytes())));
  return true;
}

std::string StagedRows::select_sql() const {
  return fmt::format("SELECT {} FROM {} b", terms_.columns("b"), rows_->staying());
}

}  // namespace sluice::ingest
