#include "format/delta/compare_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "format/delta/json_text.h"

namespace sluice::delta {
namespace {

std::string text_of(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "";
}

std::string text_of(const DeletionVectorPtr& vector) {
  if (!vector) return "";
  return fmt::format("{} ({} bytes, {} rows)", vector->unique_id(), vector->bytes,
                     vector->cardinality);
}

// In one order; an empty text is NULL.
std::string text_of(const PartitionValues& values) {
  std::map<std::string, std::optional<std::string>> sorted;
  for (const auto& [name, value] : values) {
    sorted[name] = value && !value->empty() ? value : std::nullopt;
  }
  return json_of(PartitionValues(sorted.begin(), sorted.end()));
}

std::string text_of(const std::optional<std::vector<std::string>>& features) {
  if (!features) return "";
  std::vector<std::string> sorted = *features;
  std::sort(sorted.begin(), sorted.end());
  return json_of(sorted);
}

std::string text_of(bool value) { return value ? "true" : "false"; }

std::string key_of(const RemoveFile& file) {
  return file.deletion_vector ? file.path + '\n' + file.deletion_vector->unique_id() : file.path;
}

}  // namespace

StateComparison::StateComparison(const Snapshot& log, std::optional<Version> checkpoint)
    : log_(log), checkpoint_(checkpoint) {
  files_.reserve(log.files.size());
  for (std::size_t i = 0; i < log.files.size(); ++i) files_.emplace(log.files[i].add.path, i);
  for (std::size_t i = 0; i < log.tombstones.size(); ++i) {
    tombstones_.emplace(key_of(log.tombstones[i]), i);
  }
}

void StateComparison::differ(CatalogDifference one) {
  if (differences_.size() < kListedMax) {
    differences_.push_back(std::move(one));
  } else {
    ++more_;
  }
}

void StateComparison::only(const std::string& kind, const std::string& object, bool in_log) {
  differ({kind, object, in_log ? "log" : "catalog", "", "", ""});
}

void StateComparison::field(const std::string& kind, const std::string& object,
                            const std::string& name, const std::string& log,
                            const std::string& catalog) {
  if (log != catalog) differ({kind, object, "both", name, log, catalog});
}

void StateComparison::compare_metadata(const Metadata& catalog) {
  const Metadata& log = log_.metadata;
  const auto compare = [&](const char* name, const std::string& one, const std::string& two) {
    field("metadata", log.id, name, one, two);
  };
  compare("id", log.id, catalog.id);
  compare("name", log.name, catalog.name);
  compare("description", log.description, catalog.description);
  compare("format.provider", log.format_provider, catalog.format_provider);
  compare("format.options", json_of(log.format_options), json_of(catalog.format_options));
  if (!same_json(log.schema_string, catalog.schema_string)) {
    compare("schemaString", log.schema_string, catalog.schema_string);
  }
  compare("partitionColumns", json_of(log.partition_columns), json_of(catalog.partition_columns));
  compare("configuration", json_of(log.configuration), json_of(catalog.configuration));
  compare("createdTime", text_of(log.created_ms), text_of(catalog.created_ms));
}

void StateComparison::compare_head(const Snapshot& catalog) {
  const auto compare = [&](const char* name, const std::string& one, const std::string& two) {
    field("protocol", "", name, one, two);
  };
  compare("minReaderVersion", std::to_string(log_.protocol.reader_version),
          std::to_string(catalog.protocol.reader_version));
  compare("minWriterVersion", std::to_string(log_.protocol.writer_version),
          std::to_string(catalog.protocol.writer_version));
  compare("readerFeatures", text_of(log_.protocol.reader_features),
          text_of(catalog.protocol.reader_features));
  compare("writerFeatures", text_of(log_.protocol.writer_features),
          text_of(catalog.protocol.writer_features));
  compare_metadata(catalog.metadata);

  std::map<std::string, Txn> txns;
  for (const Txn& txn : catalog.txns) txns[txn.app_id] = txn;
  for (const Txn& txn : log_.txns) {
    const auto found = txns.extract(txn.app_id);
    if (!found) {
      only("txn", txn.app_id, true);
      continue;
    }
    field("txn", txn.app_id, "version", std::to_string(txn.version),
          std::to_string(found.mapped().version));
    field("txn", txn.app_id, "lastUpdated", text_of(txn.updated_ms),
          text_of(found.mapped().updated_ms));
  }
  for (const auto& [app, txn] : txns) only("txn", app, false);

  std::map<std::string, DomainMetadata> domains;
  for (const DomainMetadata& domain : catalog.domains) domains[domain.domain] = domain;
  for (const DomainMetadata& domain : log_.domains) {
    const auto found = domains.extract(domain.domain);
    if (!found) {
      only("domain", domain.domain, true);
      continue;
    }
    field("domain", domain.domain, "configuration", domain.configuration,
          found.mapped().configuration);
  }
  for (const auto& [name, domain] : domains) only("domain", name, false);
}

void StateComparison::see_file(const LiveFile& file) {
  const std::string& path = file.add.path;
  const auto found = files_.find(path);
  if (found == files_.end()) return only("file", path, false);
  const LiveFile& log = log_.files[found->second];
  files_.erase(found);
  const bool summed_up = is_summed_up(log.version);
  const auto compare = [&](const char* name, const std::string& one, const std::string& two) {
    field("file", path, name, one, two);
  };
  const auto compare_unless_left_out = [&](const char* name, const std::string& one,
                                           const std::string& two) {
    if (!summed_up || !one.empty()) compare(name, one, two);
  };
  compare("deletionVector", text_of(log.add.deletion_vector), text_of(file.add.deletion_vector));
  if (log.add.partition_values != file.add.partition_values) {
    compare("partitionValues", text_of(log.add.partition_values),
            text_of(file.add.partition_values));
  }
  compare("size", std::to_string(log.add.bytes), std::to_string(file.add.bytes));
  compare("modificationTime", std::to_string(log.add.modified_ms),
          std::to_string(file.add.modified_ms));
  if (log.add.stats != file.add.stats && !same_json(log.add.stats, file.add.stats)) {
    compare_unless_left_out("stats", log.add.stats, file.add.stats);
  }
  compare_unless_left_out("tags", log.add.tags.empty() ? "" : json_of(log.add.tags),
                          file.add.tags.empty() ? "" : json_of(file.add.tags));
  compare("baseRowId", text_of(log.add.base_row_id), text_of(file.add.base_row_id));
  compare("defaultRowCommitVersion", text_of(log.add.default_row_commit_version),
          text_of(file.add.default_row_commit_version));
  compare_unless_left_out("clusteringProvider", log.add.clustering_provider,
                          file.add.clustering_provider);
  if (!summed_up) {
    compare("dataChange", text_of(log.add.data_change), text_of(file.add.data_change));
    compare("version", std::to_string(log.version), std::to_string(file.version));
  } else if (file.version > log.version) {
    compare("version", fmt::format("up to {}", log.version), std::to_string(file.version));
  }
}

void StateComparison::finish_files() {
  std::vector<std::string> left;
  for (const auto& [path, index] : files_) left.push_back(path);
  std::sort(left.begin(), left.end());
  for (const std::string& path : left) only("file", path, true);
  files_.clear();
}

void StateComparison::see_tombstone(const RemoveFile& file, Version version) {
  const auto found = tombstones_.find(key_of(file));
  if (found == tombstones_.end()) {
    if (!is_summed_up(version)) only("tombstone", file.path, false);
    return;
  }
  const RemoveFile& log = log_.tombstones[found->second];
  tombstones_.erase(found);
  const auto compare = [&](const char* name, const std::string& one, const std::string& two) {
    field("tombstone", file.path, name, one, two);
  };
  compare("deletionTimestamp", text_of(log.deleted_ms), text_of(file.deleted_ms));
  compare("deletionVector", text_of(log.deletion_vector), text_of(file.deletion_vector));
  if (is_summed_up(version)) return;
  compare("dataChange", text_of(log.data_change), text_of(file.data_change));
  compare("extendedFileMetadata", text_of(log.extended_metadata), text_of(file.extended_metadata));
  compare("partitionValues", text_of(log.partition_values), text_of(file.partition_values));
  compare("size", text_of(log.bytes), text_of(file.bytes));
  compare("baseRowId", text_of(log.base_row_id), text_of(file.base_row_id));
  compare("defaultRowCommitVersion", text_of(log.default_row_commit_version),
          text_of(file.default_row_commit_version));
  compare("tags", json_of(log.tags), json_of(file.tags));
  if (!same_json(log.stats, file.stats)) compare("stats", log.stats, file.stats);
}

void StateComparison::finish_tombstones() {
  for (const auto& [key, index] : tombstones_) only("tombstone", log_.tombstones[index].path, true);
  tombstones_.clear();
}

}  // namespace sluice::delta
