#include "endpoint/duckdb/ledger.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "endpoint/sql_names.h"

namespace sluice::duckdb {

Ledger::Ledger(const Attachment& attachment, const std::string& run)
    : catalog_(attachment.catalog()),
      table_(staging_prefix(run) + "_ledger"),
      name_(fmt::format("{}.main.{}", catalog_, quote_identifier(table_))) {}

std::string Ledger::create_sql() const {
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (kind VARCHAR NOT NULL, object VARCHAR NOT NULL, "
      "chunk INTEGER, rows UBIGINT, digest VARCHAR, detail VARCHAR)",
      name_);
}

std::string Ledger::add_sql(const std::string& kind, const std::string& object,
                            const std::string& detail) const {
  return fmt::format("INSERT INTO {} (kind, object, detail) VALUES ({}, {}, {})", name_,
                     quote_literal(kind), quote_literal(object), quote_literal(detail));
}

std::string Ledger::add_chunk_sql(const std::string& object, int chunk,
                                  const Digest& digest) const {
  return fmt::format(
      "INSERT INTO {} (kind, object, chunk, rows, digest) VALUES ('chunk', {}, {}, {}, '{}')",
      name_, quote_literal(object), chunk, digest.rows, digest.hex());
}

std::string Ledger::remove_chunks_sql(const std::string& object) const {
  return fmt::format("DELETE FROM {} WHERE kind = 'chunk' AND object = {}", name_,
                     quote_literal(object));
}

Result<bool> Ledger::exists(EngineConnection& connection) const {
  TRY_ASSIGN(const auto found,
             connection.rows(fmt::format("SELECT 1 FROM duckdb_tables() WHERE database_name = {} "
                                         "AND schema_name = 'main' AND table_name = {}",
                                         quote_literal(catalog_), quote_literal(table_))));
  return !found.empty();
}

Result<Landed> Ledger::landed(EngineConnection& connection, const std::string& object) const {
  TRY_ASSIGN(const auto rows,
             connection.rows(fmt::format("SELECT chunk, rows, digest FROM {} WHERE kind = 'chunk' "
                                         "AND object = {} ORDER BY chunk",
                                         name_, quote_literal(object))));
  Landed landed;
  for (const TextRow& row : rows) {
    const std::string chunk = row[0].value_or("");
    const std::string count = row[1].value_or("");
    int index = -1;
    Digest digest;
    std::from_chars(chunk.data(), chunk.data() + chunk.size(), index);
    std::from_chars(count.data(), count.data() + count.size(), digest.rows);
    const auto sum = parse_digest_hex(row[2].value_or(""));
    if (index < 0 || !sum) {
      return fail(
          Error(ErrorKind::kCorrupt, fmt::format("ledger {}: chunk \"{}\" has digest \"{}\"", name_,
                                                 chunk, row[2].value_or("")))
              .about(name_));
    }
    digest.sum = *sum;
    landed[index] = digest;
  }
  return landed;
}

Result<std::optional<std::string>> Ledger::find(EngineConnection& connection,
                                                const std::string& kind,
                                                const std::string& object) const {
  TRY_ASSIGN(const auto rows,
             connection.rows(
                 fmt::format("SELECT coalesce(detail, '') FROM {} WHERE kind = {} AND object = {}",
                             name_, quote_literal(kind), quote_literal(object))));
  return rows.empty() ? std::nullopt : rows.front().front();
}

Result<std::vector<std::string>> Ledger::objects(EngineConnection& connection,
                                                 const std::string& kind) const {
  TRY_ASSIGN(const auto rows,
             connection.rows(fmt::format("SELECT object FROM {} WHERE kind = {} ORDER BY object",
                                         name_, quote_literal(kind))));
  std::vector<std::string> objects;
  for (const TextRow& row : rows) objects.push_back(row.front().value_or(""));
  return objects;
}

}  // namespace sluice::duckdb
