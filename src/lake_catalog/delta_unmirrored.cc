#include "lake_catalog/delta_unmirrored.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/delta/parse_actions.h"
#include "format/delta/write_actions.h"

namespace sluice {
namespace {

constexpr const char* kTable = "delta_unmirrored";

bool is_true(const std::optional<std::string>& cell) {
  return cell && (*cell == "1" || *cell == "t" || *cell == "true");
}

}  // namespace

Result<std::vector<UnmirroredCommit>> unmirrored_commits(DeltaCatalog& catalog,
                                                         const std::string& publication,
                                                         const std::string& table_id) {
  std::string where = "1 = 1";
  if (!publication.empty()) where += " AND publication = " + quote_literal(publication);
  if (!table_id.empty()) where += " AND " + DeltaCatalog::of_table(table_id);
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format(
                 "SELECT table_id, version, publication, transaction_id, owner, committed_at, "
                 "depends_on_rows, is_for_one_version, change_text, commit_text FROM {} WHERE {} "
                 "ORDER BY table_id",
                 catalog.database().table(kTable), where)));
  std::vector<UnmirroredCommit> out;
  for (const CatalogRow& row : rows) {
    UnmirroredCommit& one = out.emplace_back();
    one.table_id = text_of(row[0]);
    one.version = number_of(row[1]).value_or(0);
    one.publication = text_of(row[2]);
    one.transaction_id = text_of(row[3]);
    one.owner = text_of(row[4]);
    one.committed_ms = number_of(row[5]).value_or(0);
    one.change.depends_on_rows = is_true(row[6]);
    one.change.is_for_one_version = is_true(row[7]);
    TRY_ASSIGN(one.change.actions,
               delta::parse_actions(delta::PaddedText(text_of(row[8])),
                                    fmt::format("{} of table \"{}\"", kTable, one.table_id)));
    one.text = text_of(row[9]);
  }
  return out;
}

Result<std::optional<UnmirroredFacts>> unmirrored_facts(DeltaCatalog& catalog,
                                                        const std::string& table_id) {
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format("SELECT version, committed_at FROM {} WHERE {}",
                                                  catalog.database().table(kTable),
                                                  DeltaCatalog::of_table(table_id))));
  if (rows.empty()) return std::nullopt;
  return UnmirroredFacts{number_of(rows.front()[0]).value_or(0),
                         number_of(rows.front()[1]).value_or(0)};
}

Status insert_unmirrored(DeltaCatalog& catalog, const UnmirroredCommit& commit) {
  BulkRows rows(kTable,
                {"table_id", "version", "publication", "transaction_id", "owner", "committed_at",
                 "depends_on_rows", "is_for_one_version", "change_text", "commit_text"});
  rows.add(commit.table_id);
  rows.add(commit.version);
  rows.add(commit.publication);
  rows.add(commit.transaction_id);
  rows.add(commit.owner);
  rows.add(commit.committed_ms);
  rows.add(std::int64_t{commit.change.depends_on_rows});
  rows.add(std::int64_t{commit.change.is_for_one_version});
  rows.add(delta::commit_text(commit.change.actions));
  rows.add(commit.text);
  return catalog.database().append(rows);
}

Status delete_unmirrored(DeltaCatalog& catalog, const std::string& table_id) {
  return catalog.database().execute(fmt::format("DELETE FROM {} WHERE {}",
                                                catalog.database().table(kTable),
                                                DeltaCatalog::of_table(table_id)));
}

Result<std::vector<std::string>> unmirrored_places(DeltaCatalog& catalog) {
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format(
                 "SELECT DISTINCT location FROM {} WHERE table_id IN (SELECT table_id FROM {})",
                 catalog.database().table("delta_tables"), catalog.database().table(kTable))));
  std::vector<std::string> out;
  for (const CatalogRow& row : rows) out.push_back(text_of(row.front()));
  return out;
}

}  // namespace sluice
