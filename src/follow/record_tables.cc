#include "follow/record_tables.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace sluice::follow {
namespace {

std::int64_t number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::string of_table(const std::string& table) {
  return " WHERE table_name = " + quote_literal(table);
}

}  // namespace

Status make_record_tables(const TargetSql& sql) {
  TRY(sql.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (stream TEXT NOT NULL, created BIGINT NOT NULL, table_name "
      "TEXT NOT NULL, landed TEXT NOT NULL, rows_landed BIGINT NOT NULL, rows_dropped BIGINT NOT "
      "NULL, letters BIGINT NOT NULL, newest BIGINT NOT NULL, changed_at TEXT NOT NULL)",
      sql.name(kRecordTable))));
  return sql.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (stream TEXT NOT NULL, created BIGINT NOT NULL, sequence "
      "BIGINT NOT NULL, table_name TEXT NOT NULL, subject TEXT, reason TEXT, data TEXT, "
      "received_at TEXT)",
      sql.name(kDeadTable)));
}

Result<Records> read_records(const TargetSql& sql, const std::string& table) {
  TRY_ASSIGN(const auto rows,
             sql.query(fmt::format("SELECT stream, created, landed, rows_landed, rows_dropped, "
                                   "letters, newest, changed_at FROM {}{}",
                                   sql.name(kRecordTable), of_table(table))));
  Records out;
  for (const auto& row : rows) {
    StreamRecord& record = out[{row[0].value_or(""), number(row[1])}];
    TRY_ASSIGN(record.landed, SequenceSet::parse(row[2].value_or("")));
    record.rows = static_cast<std::uint64_t>(number(row[3]));
    record.dropped = static_cast<std::uint64_t>(number(row[4]));
    record.dead = static_cast<std::uint64_t>(number(row[5]));
    record.newest = number(row[6]);
    record.changed_at = row[7].value_or("");
  }
  return out;
}

Status write_records(const TargetSql& sql, const std::string& table, const Records& records) {
  const std::string name = sql.name(kRecordTable);
  for (const auto& [stream, record] : records) {
    TRY(sql.execute(fmt::format("DELETE FROM {}{} AND stream = {} AND created = {}", name,
                                of_table(table), quote_literal(stream.name), stream.created)));
    TRY(sql.execute(fmt::format("INSERT INTO {} VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})", name,
                                quote_literal(stream.name), stream.created, quote_literal(table),
                                quote_literal(record.landed.text()), record.rows, record.dropped,
                                record.dead, record.newest, quote_literal(record.changed_at))));
  }
  return {};
}

Status write_dead(const TargetSql& sql, const std::string& table,
                  const std::vector<DeadLetter>& letters) {
  for (const DeadLetter& letter : letters) {
    TRY(sql.execute(fmt::format(
        "INSERT INTO {} VALUES ({}, {}, {}, {}, {}, {}, {}, {})", sql.name(kDeadTable),
        quote_literal(letter.place.stream.name), letter.place.stream.created, letter.place.sequence,
        quote_literal(table), quote_literal(letter.subject), quote_literal(letter.reason),
        quote_literal(letter.data), quote_literal(letter.at))));
  }
  return {};
}

Result<std::vector<DeadLetter>> read_dead(const TargetSql& sql, const std::string& table) {
  TRY_ASSIGN(const auto rows,
             sql.query(fmt::format("SELECT stream, created, sequence, subject, reason, data, "
                                   "received_at FROM {}{} ORDER BY received_at, sequence",
                                   sql.name(kDeadTable), of_table(table))));
  std::vector<DeadLetter> out;
  for (const auto& row : rows) {
    DeadLetter& letter = out.emplace_back();
    letter.place = {
        {row[0].value_or(""), number(row[1])}, static_cast<std::uint64_t>(number(row[2])), 0};
    letter.subject = row[3].value_or("");
    letter.reason = row[4].value_or("");
    letter.data = row[5].value_or("");
    letter.at = row[6].value_or("");
  }
  return out;
}

}  // namespace sluice::follow
