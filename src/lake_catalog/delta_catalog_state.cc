#include "lake_catalog/delta_catalog_state.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "format/delta/commit_times.h"
#include "format/delta/json_text.h"

namespace sluice {
namespace {

constexpr const char* kVectorColumns =
    "dv_storage_type, dv_path_or_inline, dv_offset, dv_size_bytes, dv_cardinality";

bool is_true(const std::optional<std::string>& cell) {
  return cell && (*cell == "1" || *cell == "t" || *cell == "true");
}

// From the column `at` on.
delta::DeletionVectorPtr vector_of(const CatalogRow& row, std::size_t at) {
  if (!row[at] || row[at]->empty()) return nullptr;
  auto out = std::make_shared<delta::DeletionVectorDescriptor>();
  out->storage = row[at]->front();
  out->path_or_inline = text_of(row[at + 1]);
  out->offset = number_of(row[at + 2]);
  out->bytes = number_of(row[at + 3]).value_or(0);
  out->cardinality = number_of(row[at + 4]).value_or(0);
  return out;
}

Result<delta::LiveFile> file_of(const CatalogRow& row) {
  delta::LiveFile out;
  out.add.path = text_of(row[0]);
  out.version = number_of(row[1]).value_or(0);
  out.add.bytes = number_of(row[2]).value_or(0);
  out.add.modified_ms = number_of(row[3]).value_or(0);
  out.add.data_change = is_true(row[4]);
  TRY_ASSIGN(out.add.partition_values, delta::partition_values_of(text_of(row[5])));
  out.add.stats = text_of(row[6]);
  TRY_ASSIGN(out.add.tags, delta::string_map_of(text_of(row[7])));
  out.add.base_row_id = number_of(row[8]);
  out.add.default_row_commit_version = number_of(row[9]);
  out.add.clustering_provider = text_of(row[10]);
  out.add.deletion_vector = vector_of(row, 11);
  return out;
}

Result<delta::RemoveFile> remove_of(const CatalogRow& row) {
  delta::RemoveFile out;
  out.path = text_of(row[0]);
  out.deleted_ms = number_of(row[1]);
  out.data_change = is_true(row[2]);
  out.extended_metadata = is_true(row[3]);
  TRY_ASSIGN(out.partition_values, delta::partition_values_of(text_of(row[4])));
  out.bytes = number_of(row[5]);
  out.stats = text_of(row[6]);
  TRY_ASSIGN(out.tags, delta::string_map_of(text_of(row[7])));
  out.base_row_id = number_of(row[8]);
  out.default_row_commit_version = number_of(row[9]);
  out.deletion_vector = vector_of(row, 10);
  return out;
}

std::string at_version(const std::string& table_id, delta::Version version) {
  return fmt::format("{} AND version <= {}", DeltaCatalog::of_table(table_id), version);
}

Result<CatalogRow> newest_row(DeltaCatalog& catalog, const DeltaTableRecord& table,
                              delta::Version version, const char* from, const char* columns) {
  TRY_ASSIGN(auto rows, catalog.database().query(fmt::format(
                            "SELECT {} FROM {} WHERE {} ORDER BY version DESC LIMIT 1", columns,
                            catalog.database().table(from), at_version(table.table_id, version))));
  if (!rows.empty()) return std::move(rows.front());
  return fail(Error(ErrorKind::kCorrupt,
                    fmt::format("table \"{}\": the catalog {} has no row of it in {} up to version "
                                "{}",
                                table.table_id, catalog.display(), from, version))
                  .about(table.table_id)
                  .advise("rows were removed: `sluice catalog drop` it and import it again"));
}

Result<std::optional<std::vector<std::string>>> features_of(
    const std::optional<std::string>& cell) {
  if (!cell) return std::nullopt;
  TRY_ASSIGN(auto names, delta::strings_of(*cell));
  return names;
}

Status load_protocol(DeltaCatalog& catalog, const DeltaTableRecord& table, delta::Snapshot& out) {
  TRY_ASSIGN(const CatalogRow row,
             newest_row(catalog, table, out.version, "delta_protocol",
                        "min_reader_version, min_writer_version, reader_features, "
                        "writer_features"));
  out.protocol.reader_version = static_cast<int>(number_of(row[0]).value_or(0));
  out.protocol.writer_version = static_cast<int>(number_of(row[1]).value_or(0));
  TRY_ASSIGN(out.protocol.reader_features, features_of(row[2]));
  TRY_ASSIGN(out.protocol.writer_features, features_of(row[3]));
  return {};
}

Status load_metadata(DeltaCatalog& catalog, const DeltaTableRecord& table, delta::Snapshot& out) {
  TRY_ASSIGN(const CatalogRow row,
             newest_row(catalog, table, out.version, "delta_metadata",
                        "id, name, description, format_provider, format_options, schema_string, "
                        "partition_columns, configuration, created_time"));
  out.metadata.id = text_of(row[0]);
  out.metadata.name = text_of(row[1]);
  out.metadata.description = text_of(row[2]);
  out.metadata.format_provider = text_of(row[3]);
  TRY_ASSIGN(out.metadata.format_options, delta::string_map_of(text_of(row[4])));
  out.metadata.schema_string = text_of(row[5]);
  TRY_ASSIGN(out.metadata.partition_columns, delta::strings_of(text_of(row[6])));
  TRY_ASSIGN(out.metadata.configuration, delta::string_map_of(text_of(row[7])));
  out.metadata.created_ms = number_of(row[8]);
  return {};
}

Status load_txns(DeltaCatalog& catalog, const DeltaTableRecord& table, delta::Snapshot& out) {
  std::map<std::string, delta::Txn> newest;
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format(
                 "SELECT app_id, txn_version, last_updated FROM {} WHERE {} ORDER BY version",
                 catalog.database().table("delta_txns"), at_version(table.table_id, out.version))));
  for (const CatalogRow& row : rows) {
    newest[text_of(row[0])] = {text_of(row[0]), number_of(row[1]).value_or(0), number_of(row[2])};
  }
  for (auto& [app, txn] : newest) out.txns.push_back(std::move(txn));
  return {};
}

Status load_domains(DeltaCatalog& catalog, const DeltaTableRecord& table, delta::Snapshot& out) {
  std::map<std::string, delta::DomainMetadata> newest;
  TRY_ASSIGN(
      const auto rows,
      catalog.database().query(fmt::format(
          "SELECT domain, configuration, removed FROM {} WHERE {} ORDER BY version",
          catalog.database().table("delta_domains"), at_version(table.table_id, out.version))));
  for (const CatalogRow& row : rows) {
    newest[text_of(row[0])] = {text_of(row[0]), text_of(row[1]), is_true(row[2])};
  }
  for (auto& [name, domain] : newest) {
    if (!domain.removed) out.domains.push_back(std::move(domain));
  }
  return {};
}

}  // namespace

Result<delta::Version> catalog_version(const DeltaTableRecord& table,
                                       std::optional<delta::Version> version) {
  if (!table.version) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("table \"{}\": no version of it is complete in the catalog",
                                  table.table_id))
                    .about(table.table_id)
                    .advise("`sluice catalog import --resume` goes on with its import"));
  }
  const delta::Version wanted = version.value_or(*table.version);
  if (wanted >= table.first_version.value_or(0) && wanted <= *table.version) return wanted;
  return fail(
      Error(ErrorKind::kNotFound,
            fmt::format("table \"{}\": the catalog has versions {} to {}, not {}", table.table_id,
                        table.first_version.value_or(0), *table.version, wanted))
          .about(table.table_id)
          .advise("`sluice catalog import` brings newer ones; older ones were cleaned up "
                  "before the table was imported"));
}

Result<delta::Version> catalog_version_at(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                          std::int64_t time_ms) {
  TRY_ASSIGN(const delta::Version newest, catalog_version(table, std::nullopt));
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format(
                 "SELECT max(version) FROM {} WHERE {} AND version <= {} AND committed_at <= {}",
                 catalog.database().table("delta_commits"), DeltaCatalog::of_table(table.table_id),
                 newest, time_ms)));
  if (const auto version = number_of(rows.front().front())) return *version;
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("table \"{}\": no version in the catalog is as old as {}",
                                table.table_id, delta::moment_text(time_ms)))
                  .about(table.table_id)
                  .advise("the table delta_commits lists the versions and their times"));
}

Result<delta::Snapshot> load_catalog_head(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                          delta::Version version) {
  delta::Snapshot out;
  out.version = version;
  TRY(load_protocol(catalog, table, out));
  TRY(load_metadata(catalog, table, out));
  TRY(load_txns(catalog, table, out));
  TRY(load_domains(catalog, table, out));
  return out;
}

// Of one file with one vector the newest remove, unless an add came with it or after it.
Result<std::vector<CatalogTombstone>> load_catalog_tombstones(DeltaCatalog& catalog,
                                                              const std::string& table_id,
                                                              delta::Version version) {
  SqlDatabase& database = catalog.database();
  // MariaDB finds a path by its hash alone.
  const char* const by_index =
      database.dialect().name == "mysql" ? "f.path_key = r.path_key AND " : "";
  const std::string sql = fmt::format(
      "SELECT r.path, r.deletion_timestamp, r.data_change, r.extended_file_metadata, "
      "r.partition_values, r.size_bytes, r.stats, r.tags, r.base_row_id, "
      "r.default_row_commit_version, {}, r.removed_version FROM {} r WHERE r.{} AND "
      "r.removed_version <= {} AND NOT EXISTS (SELECT 1 FROM {} f WHERE f.table_id = r.table_id "
      "AND {}f.path = r.path AND f.deletion_vector_id = r.deletion_vector_id AND f.added_version "
      ">= "
      "r.removed_version AND f.added_version <= {}) ORDER BY r.removed_version",
      kVectorColumns, database.table("delta_removes"), DeltaCatalog::of_table(table_id), version,
      database.table("delta_files"), by_index, version);
  constexpr std::size_t kVersionColumn = 15;
  std::map<std::pair<std::string, std::string>, CatalogTombstone> newest;
  TRY(database.visit(sql, [&](const CatalogRow& row) -> Status {
    CatalogTombstone one;
    TRY_ASSIGN(one.file, remove_of(row));
    one.version = number_of(row[kVersionColumn]).value_or(0);
    std::pair<std::string, std::string> key(
        one.file.path, one.file.deletion_vector ? one.file.deletion_vector->unique_id() : "");
    newest.insert_or_assign(std::move(key), std::move(one));
    return {};
  }));
  std::vector<CatalogTombstone> out;
  for (auto& [key, one] : newest) out.push_back(std::move(one));
  return out;
}

Status visit_catalog_files(DeltaCatalog& catalog, const std::string& table_id,
                           delta::Version version, const std::string& where,
                           const std::function<Status(delta::LiveFile)>& take) {
  const std::string sql = fmt::format(
      "SELECT path, added_version, size_bytes, modification_time, data_change, partition_values, "
      "stats, tags, base_row_id, default_row_commit_version, clustering_provider, {} FROM {} WHERE "
      "{} AND added_version <= {} AND (removed_version IS NULL OR removed_version > {}){}{}",
      kVectorColumns, catalog.database().table("delta_files"), DeltaCatalog::of_table(table_id),
      version, version, where.empty() ? "" : " AND ", where);
  return catalog.database().visit(sql, [&](const CatalogRow& row) -> Status {
    TRY_ASSIGN(delta::LiveFile file, file_of(row));
    return take(std::move(file));
  });
}

Result<delta::Snapshot> load_catalog_state(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                           delta::Version version) {
  TRY_ASSIGN(delta::Snapshot out, load_catalog_head(catalog, table, version));
  TRY_ASSIGN(auto tombstones, load_catalog_tombstones(catalog, table.table_id, version));
  for (CatalogTombstone& one : tombstones) out.tombstones.push_back(std::move(one.file));
  TRY(visit_catalog_files(catalog, table.table_id, version, "",
                          [&](delta::LiveFile file) -> Status {
                            out.files.push_back(std::move(file));
                            return {};
                          }));
  return out;
}

}  // namespace sluice
