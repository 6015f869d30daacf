#include "lake_catalog/delta_catalog_version.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "format/delta/commit_times.h"
#include "format/delta/protocol.h"
#include "lake_catalog/delta_batch.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_commit_stream.h"

namespace sluice {
namespace {

// Of a version the newest is kept of what is said of one thing.
template <typename T, typename Key>
void keep_newest(std::vector<T>& all, const Key& key) {
  std::vector<T> out;
  for (T& one : all) {
    const auto same =
        std::find_if(out.begin(), out.end(), [&](const T& t) { return key(t) == key(one); });
    same == out.end() ? out.push_back(std::move(one)) : void(*same = std::move(one));
  }
  all = std::move(out);
}

Error replaced(const DeltaTableRecord& record, const std::string& what) {
  return Error(ErrorKind::kConflict,
               fmt::format("table \"{}\": {}: its log is not the one that the catalog has",
                           record.table_id, what))
      .about(record.table_id)
      .code("log_replaced")
      .advise(
          "`sluice catalog validate` says what differs; `sluice catalog drop` what the catalog "
          "has of it, then import it");
}

Status check_same(const DeltaTableRecord& record, const DeltaLog& log) {
  const delta::Version version = record.version.value_or(-1);
  if (version < 0) return {};
  if (log.listing().is_empty() || log.listing().newest() < version) {
    return fail(replaced(record, fmt::format("its log ends before version {}", version)));
  }
  if (log.listing().commit(version) == nullptr || record.commit_digest.empty()) return {};
  TRY_ASSIGN(const CommitStream now, digest_commit(log, *log.listing().commit(version)));
  if (now.digest == record.commit_digest) return {};
  return fail(
      replaced(record, fmt::format("version {} has another content than in the catalog", version)));
}

// The state before tells how its time is known, and whether what is new can be read.
Result<NewCatalogVersion> read_version(DeltaCatalog& catalog, const DeltaTableRecord& record,
                                       const DeltaLog& log, delta::Version version) {
  if (log.listing().commit(version) == nullptr) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": the commits up to {} were cleaned up before they "
                                  "were imported",
                                  record.table_id, version))
                    .about(record.table_id)
                    .code("log_cleaned")
                    .advise("`sluice catalog drop` what the catalog has of it, then import it"));
  }
  NewCatalogVersion out;
  TRY_ASSIGN(out.actions, log.commit(version));
  TRY_ASSIGN(const CommitStream file, digest_commit(log, *log.listing().commit(version)));
  out.digest = file.digest;
  out.modified_ms = file.modified_ms;
  delta::Snapshot head;
  if (record.version) {
    TRY_ASSIGN(head, load_catalog_head(catalog, record, *record.version));
  }
  if (out.actions.protocol) head.protocol = *out.actions.protocol;
  if (out.actions.metadata) head.metadata = *out.actions.metadata;
  TRY(delta::check_can_read(head.protocol, head.metadata, record.table_id));
  delta::CommitTime time{version, file.modified_ms, std::nullopt};
  if (out.actions.commit_info) time.in_commit_ms = out.actions.commit_info->in_commit_timestamp_ms;
  TRY_ASSIGN(const auto times,
             delta::times_of({time}, delta::in_commit_since(head.metadata), record.table_id));
  TRY_ASSIGN(const auto before, newest_commit_time(catalog, record.table_id));
  out.committed_ms = before ? std::max(times.front(), *before + 1) : times.front();
  return out;
}

}  // namespace

Result<std::optional<std::int64_t>> newest_commit_time(DeltaCatalog& catalog,
                                                       const std::string& table_id) {
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format("SELECT max(committed_at) FROM {} WHERE {}",
                                                  catalog.database().table("delta_commits"),
                                                  DeltaCatalog::of_table(table_id))));
  return number_of(rows.front().front());
}

Status add_catalog_version(DeltaCatalog& catalog, DeltaTableRecord& record,
                           NewCatalogVersion version) {
  const auto before = record.version;
  DeltaCommitRecord commit;
  commit.version = before.value_or(-1) + 1;
  commit.committed_ms = version.committed_ms;
  commit.modified_ms = version.modified_ms;
  commit.info = version.actions.commit_info;
  commit.adds = version.actions.adds.size();
  commit.removes = version.actions.removes.size();
  commit.digest = version.digest;
  keep_newest(version.actions.txns, [](const delta::Txn& txn) { return txn.app_id; });
  keep_newest(version.actions.domains,
              [](const delta::DomainMetadata& domain) { return domain.domain; });
  DeltaBatch batch(record.table_id);
  for (const delta::RemoveFile& file : version.actions.removes) batch.remove(file, commit.version);
  for (const delta::AddFile& file : version.actions.adds) batch.add(file, commit.version);
  batch.complete(commit, version.actions);
  TRY(batch.write(catalog.database()));
  record.version = commit.version;
  if (!record.first_version) record.first_version = commit.version;
  record.commit_digest = version.digest;
  if (version.actions.metadata) record.metadata_id = version.actions.metadata->id;
  return catalog.advance(record, before);
}

Status withdraw_catalog_version(DeltaCatalog& catalog, DeltaTableRecord& record) {
  const delta::Version version = record.version.value_or(0);
  if (version == record.first_version.value_or(0)) {
    record.version.reset();
    record.first_version.reset();
    TRY_ASSIGN([[maybe_unused]] const auto files, catalog.remove_table(record.table_id));
    return {};
  }
  record.version = version - 1;
  TRY(catalog.discard_pending(record));
  const std::string where = DeltaCatalog::of_table(record.table_id);
  for (const char* const name :
       {"delta_commits", "delta_protocol", "delta_metadata", "delta_txns", "delta_domains"}) {
    TRY(catalog.database().execute(fmt::format("DELETE FROM {} WHERE {} AND version = {}",
                                               catalog.database().table(name), where, version)));
  }
  TRY_ASSIGN(const auto rows, catalog.database().query(fmt::format(
                                  "SELECT digest FROM {} WHERE {} AND version = {}",
                                  catalog.database().table("delta_commits"), where, version - 1)));
  record.commit_digest = rows.empty() ? "" : text_of(rows.front().front());
  return catalog.advance(record, version);
}

Result<std::vector<delta::Actions>> follow_log(DeltaCatalog& catalog, DeltaTableRecord& record,
                                               const DeltaLog& log) {
  TRY(check_same(record, log));
  std::vector<delta::Actions> out;
  while (!log.listing().is_empty() && record.version.value_or(-1) < log.listing().newest()) {
    const delta::Version next = record.version.value_or(-1) + 1;
    TRY_ASSIGN(NewCatalogVersion version, read_version(catalog, record, log, next));
    out.push_back(version.actions);
    TRY(add_catalog_version(catalog, record, std::move(version)));
  }
  return out;
}

Result<std::optional<delta::Version>> version_of_transaction(DeltaCatalog& catalog,
                                                             const std::string& table_id,
                                                             const std::string& transaction_id) {
  TRY_ASSIGN(const auto rows,
             catalog.database().query(fmt::format(
                 "SELECT max(version) FROM {} WHERE {} AND commit_info LIKE {}",
                 catalog.database().table("delta_commits"), DeltaCatalog::of_table(table_id),
                 quote_literal("%\"" + transaction_id + "\"%"))));
  return number_of(rows.front().front());
}

}  // namespace sluice
