#include "lake_catalog/delta_batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "format/delta/json_text.h"

namespace sluice {
namespace {

constexpr std::size_t kPathsAsked = 500;  // in one statement
constexpr std::size_t kRowsAppended = 1000;

std::string id_of(const delta::DeletionVectorPtr& vector) {
  return vector ? vector->unique_id() : "";
}

void add_vector(const delta::DeletionVectorPtr& vector, BulkRows& out) {
  constexpr int kColumns = 5;
  if (!vector) {
    for (int i = 0; i < kColumns; ++i) out.add_null();
    return;
  }
  out.add(std::string_view(&vector->storage, 1));
  out.add(vector->path_or_inline);
  out.add(vector->offset);
  out.add(vector->bytes);
  out.add(vector->cardinality);
}

// By column, so that files of one partition have one text.
std::string sorted_json(delta::PartitionValues values) {
  std::sort(values.begin(), values.end());
  return delta::json_of(values);
}

void add_tags(const delta::StringMap& tags, BulkRows& out) {
  tags.empty() ? out.add_null() : out.add(delta::json_of(tags));
}

void add_features(const std::optional<std::vector<std::string>>& features, BulkRows& out) {
  features ? out.add(delta::json_of(*features)) : out.add_null();
}

// 'a', 'b', ... of [begin, end).
template <typename Iterator>
std::string literals(Iterator begin, Iterator end) {
  std::string out;
  for (auto at = begin; at != end; ++at) {
    if (!out.empty()) out += ", ";
    out += quote_literal(*at);
  }
  return out;
}

BulkRows rows_of(const char* table, const char* columns) {
  std::vector<std::string> names;
  for (const std::string& name : split(columns, ',')) names.emplace_back(trim(name));
  return BulkRows(table, std::move(names));
}

}  // namespace

DeltaBatch::DeltaBatch(std::string table_id)
    : table_id_(std::move(table_id)),
      removes_(rows_of("delta_removes",
                       "table_id, path, deletion_vector_id, removed_version, deletion_timestamp, "
                       "data_change, extended_file_metadata, partition_values, size_bytes, stats, "
                       "tags, base_row_id, default_row_commit_version, dv_storage_type, "
                       "dv_path_or_inline, dv_offset, dv_size_bytes, dv_cardinality")),
      commits_(rows_of("delta_commits",
                       "table_id, version, kind, committed_at, file_modified_at, "
                       "in_commit_timestamp, commit_timestamp, operation, user_name, engine_info, "
                       "commit_info, files_added, files_removed, digest")),
      protocols_(rows_of("delta_protocol",
                         "table_id, version, min_reader_version, min_writer_version, "
                         "reader_features, writer_features")),
      metadata_(rows_of("delta_metadata",
                        "table_id, version, id, name, description, format_provider, "
                        "format_options, schema_string, partition_columns, configuration, "
                        "created_time")),
      txns_(rows_of("delta_txns", "table_id, app_id, version, txn_version, last_updated")),
      domains_(rows_of("delta_domains", "table_id, domain, version, configuration, removed")) {}

void DeltaBatch::remove(const delta::RemoveFile& file, delta::Version version) {
  const std::string vector_id = id_of(file.deletion_vector);
  const auto found = by_path_.find(file.path);
  if (found == by_path_.end()) {
    touches_.push_back({file.path, vector_id, version});
  } else if (PendingFile& pending = files_[found->second];
             !pending.removed && id_of(pending.add.deletion_vector) == vector_id) {
    pending.removed = version;
  }
  removes_.add(table_id_);
  removes_.add(file.path);
  removes_.add(vector_id);
  removes_.add(version);
  removes_.add(file.deleted_ms);
  removes_.add(std::int64_t{file.data_change});
  removes_.add(std::int64_t{file.extended_metadata});
  file.extended_metadata || !file.partition_values.empty()
      ? removes_.add(sorted_json(file.partition_values))
      : removes_.add_null();
  removes_.add(file.bytes);
  removes_.add_text_or_null(file.stats);
  add_tags(file.tags, removes_);
  removes_.add(file.base_row_id);
  removes_.add(file.default_row_commit_version);
  add_vector(file.deletion_vector, removes_);
}

void DeltaBatch::add(delta::AddFile file, delta::Version version) {
  const auto [at, is_new] = by_path_.try_emplace(file.path, files_.size());
  if (is_new) {
    touches_.push_back({file.path, std::nullopt, version});
  } else {
    PendingFile& before = files_[at->second];
    const bool again =
        before.added == version && id_of(before.add.deletion_vector) == id_of(file.deletion_vector);
    if (again) {
      before.add = std::move(file);
      return;
    }
    if (!before.removed) before.removed = version;
    at->second = files_.size();
  }
  files_.push_back({std::move(file), version, std::nullopt});
}

void DeltaBatch::complete(const DeltaCommitRecord& commit, const delta::Actions& rest) {
  commits_.add(table_id_);
  commits_.add(commit.version);
  commits_.add(commit.is_checkpoint ? "checkpoint" : "commit");
  commits_.add(commit.committed_ms);
  commits_.add(commit.modified_ms);
  const delta::CommitInfo info = commit.info.value_or(delta::CommitInfo());
  commits_.add(info.in_commit_timestamp_ms);
  commits_.add(info.timestamp_ms);
  commits_.add_text_or_null(info.operation);
  commits_.add_text_or_null(info.user_name);
  commits_.add_text_or_null(info.engine_info);
  commits_.add_text_or_null(info.json);
  commits_.add(static_cast<std::int64_t>(commit.adds));
  commits_.add(static_cast<std::int64_t>(commit.removes));
  commits_.add(commit.digest);
  if (rest.protocol) {
    protocols_.add(table_id_);
    protocols_.add(commit.version);
    protocols_.add(std::int64_t{rest.protocol->reader_version});
    protocols_.add(std::int64_t{rest.protocol->writer_version});
    add_features(rest.protocol->reader_features, protocols_);
    add_features(rest.protocol->writer_features, protocols_);
  }
  if (rest.metadata) {
    metadata_.add(table_id_);
    metadata_.add(commit.version);
    metadata_.add(rest.metadata->id);
    metadata_.add_text_or_null(rest.metadata->name);
    metadata_.add_text_or_null(rest.metadata->description);
    metadata_.add(rest.metadata->format_provider);
    add_tags(rest.metadata->format_options, metadata_);
    metadata_.add(rest.metadata->schema_string);
    metadata_.add(delta::json_of(rest.metadata->partition_columns));
    metadata_.add(delta::json_of(rest.metadata->configuration));
    metadata_.add(rest.metadata->created_ms);
  }
  for (const delta::Txn& txn : rest.txns) {
    txns_.add(table_id_);
    txns_.add(txn.app_id);
    txns_.add(commit.version);
    txns_.add(txn.version);
    txns_.add(txn.updated_ms);
  }
  for (const delta::DomainMetadata& domain : rest.domains) {
    domains_.add(table_id_);
    domains_.add(domain.domain);
    domains_.add(commit.version);
    domains_.add(domain.configuration);
    domains_.add(std::int64_t{domain.removed});
  }
}

std::vector<std::string> DeltaBatch::paths_to_look_up() const {
  const std::hash<std::string> hash;
  std::vector<std::string> paths;
  for (const Touch& touch : touches_) {
    if (!knows_paths_ || written_.contains(hash(touch.path))) paths.push_back(touch.path);
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

// At most one file of a path is live in the catalog, so that the path says which.
Status DeltaBatch::end_files(SqlDatabase& database) const {
  const std::string files = database.table("delta_files");
  const std::string of_live =
      fmt::format("table_id = {} AND removed_version IS NULL", quote_literal(table_id_));
  const std::vector<std::string> paths = paths_to_look_up();
  if (paths.empty()) return {};
  std::unordered_map<std::string, std::string> live;  // path to the id of its vector
  for (std::size_t at = 0; at < paths.size(); at += kPathsAsked) {
    const auto begin = paths.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        paths.begin() + static_cast<std::ptrdiff_t>(std::min(at + kPathsAsked, paths.size()));
    TRY_ASSIGN(const auto rows, database.query(fmt::format(
                                    "SELECT path, deletion_vector_id FROM {} WHERE {} AND path IN "
                                    "({})",
                                    files, of_live, literals(begin, end))));
    for (const CatalogRow& row : rows) live.emplace(row[0].value_or(""), row[1].value_or(""));
  }
  std::map<delta::Version, std::vector<std::string>> ended;
  for (const Touch& touch : touches_) {
    const auto found = live.find(touch.path);
    if (found == live.end() || (touch.vector_id && *touch.vector_id != found->second)) continue;
    live.erase(found);
    ended[touch.version].push_back(touch.path);
  }
  for (const auto& [version, all] : ended) {
    for (std::size_t at = 0; at < all.size(); at += kPathsAsked) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
      const auto end =
          all.begin() + static_cast<std::ptrdiff_t>(std::min(at + kPathsAsked, all.size()));
      TRY(
          database.execute(fmt::format("UPDATE {} SET removed_version = {} WHERE {} AND path IN "
                                       "({})",
                                       files, version, of_live, literals(begin, end))));
    }
  }
  return {};
}

Status DeltaBatch::append_files(SqlDatabase& database) const {
  BulkRows rows = rows_of("delta_files",
                          "table_id, path, deletion_vector_id, added_version, removed_version, "
                          "size_bytes, modification_time, data_change, partition_values, stats, "
                          "tags, base_row_id, default_row_commit_version, clustering_provider, "
                          "dv_storage_type, dv_path_or_inline, dv_offset, dv_size_bytes, "
                          "dv_cardinality");
  for (const PendingFile& file : files_) {
    rows.add(table_id_);
    rows.add(file.add.path);
    rows.add(id_of(file.add.deletion_vector));
    rows.add(file.added);
    rows.add(file.removed);
    rows.add(file.add.bytes);
    rows.add(file.add.modified_ms);
    rows.add(std::int64_t{file.add.data_change});
    rows.add(sorted_json(file.add.partition_values));
    rows.add_text_or_null(file.add.stats);
    add_tags(file.add.tags, rows);
    rows.add(file.add.base_row_id);
    rows.add(file.add.default_row_commit_version);
    rows.add_text_or_null(file.add.clustering_provider);
    add_vector(file.add.deletion_vector, rows);
    if (rows.rows() < kRowsAppended) continue;
    TRY(database.append(rows));
    rows.clear();
  }
  return rows.rows() > 0 ? database.append(rows) : Status();
}

Status DeltaBatch::write(SqlDatabase& database) {
  TRY(end_files(database));
  TRY(append_files(database));
  for (const BulkRows* const rows :
       {&removes_, &commits_, &protocols_, &metadata_, &txns_, &domains_}) {
    if (rows->rows() > 0) TRY(database.append(*rows));
  }
  return {};
}

void DeltaBatch::clear() {
  if (knows_paths_) {
    for (const PendingFile& file : files_) written_.insert(std::hash<std::string>()(file.add.path));
  }
  files_.clear();
  by_path_.clear();
  touches_.clear();
  for (BulkRows* const rows : {&removes_, &commits_, &protocols_, &metadata_, &txns_, &domains_}) {
    rows->clear();
  }
}

}  // namespace sluice
