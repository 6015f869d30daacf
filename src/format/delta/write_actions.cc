#include "format/delta/write_actions.h"

#include <nlohmann/json.hpp>

namespace sluice::delta {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
void put_if(Json& fields, const char* key, const std::optional<Value>& value) {
  if (value) fields[key] = *value;
}

void put_if(Json& fields, const char* key, const std::string& text) {
  if (!text.empty()) fields[key] = text;
}

Json map_json(const StringMap& map) {
  Json out = Json::object();
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

Json partition_json(const PartitionValues& values) {
  Json out = Json::object();
  for (const auto& [column, value] : values) out[column] = value ? Json(*value) : Json();
  return out;
}

void put_vector(Json& fields, const DeletionVectorPtr& vector) {
  if (!vector) return;
  Json out = {{"storageType", std::string(1, vector->storage)},
              {"pathOrInlineDv", vector->path_or_inline}};
  put_if(out, "offset", vector->offset);
  out["sizeInBytes"] = vector->bytes;
  out["cardinality"] = vector->cardinality;
  fields["deletionVector"] = std::move(out);
}

Json add_json(const AddFile& file, bool data_change) {
  Json out = {{"path", file.path},
              {"partitionValues", partition_json(file.partition_values)},
              {"size", file.bytes},
              {"modificationTime", file.modified_ms},
              {"dataChange", data_change}};
  put_if(out, "stats", file.stats);
  if (!file.tags.empty()) out["tags"] = map_json(file.tags);
  put_vector(out, file.deletion_vector);
  put_if(out, "baseRowId", file.base_row_id);
  put_if(out, "defaultRowCommitVersion", file.default_row_commit_version);
  put_if(out, "clusteringProvider", file.clustering_provider);
  return out;
}

Json remove_json(const RemoveFile& file, bool data_change) {
  Json out = {{"path", file.path}};
  put_if(out, "deletionTimestamp", file.deleted_ms);
  out["dataChange"] = data_change;
  out["extendedFileMetadata"] = file.extended_metadata;
  if (file.extended_metadata) {
    out["partitionValues"] = partition_json(file.partition_values);
    put_if(out, "size", file.bytes);
  }
  put_if(out, "stats", file.stats);
  if (!file.tags.empty()) out["tags"] = map_json(file.tags);
  put_vector(out, file.deletion_vector);
  put_if(out, "baseRowId", file.base_row_id);
  put_if(out, "defaultRowCommitVersion", file.default_row_commit_version);
  return out;
}

Json metadata_json(const Metadata& metadata) {
  Json out = {{"id", metadata.id}};
  put_if(out, "name", metadata.name);
  put_if(out, "description", metadata.description);
  out["format"] = {{"provider", metadata.format_provider},
                   {"options", map_json(metadata.format_options)}};
  out["schemaString"] = metadata.schema_string;
  out["partitionColumns"] = metadata.partition_columns;
  put_if(out, "createdTime", metadata.created_ms);
  out["configuration"] = map_json(metadata.configuration);
  return out;
}

Json protocol_json(const Protocol& protocol) {
  Json out = {{"minReaderVersion", protocol.reader_version},
              {"minWriterVersion", protocol.writer_version}};
  put_if(out, "readerFeatures", protocol.reader_features);
  put_if(out, "writerFeatures", protocol.writer_features);
  return out;
}

Json txn_json(const Txn& txn) {
  Json out = {{"appId", txn.app_id}, {"version", txn.version}};
  put_if(out, "lastUpdated", txn.updated_ms);
  return out;
}

Json domain_json(const DomainMetadata& domain) {
  return {{"domain", domain.domain},
          {"configuration", domain.configuration},
          {"removed", domain.removed}};
}

Json info_json(const CommitInfo& info) {
  Json out = Json::object();
  put_if(out, "inCommitTimestamp", info.in_commit_timestamp_ms);
  put_if(out, "timestamp", info.timestamp_ms);
  put_if(out, "userName", info.user_name);
  out["operation"] = info.operation;
  out["operationParameters"] = map_json(info.parameters);
  put_if(out, "engineInfo", info.engine_info);
  put_if(out, "txnId", info.transaction_id);
  return out;
}

// Names of columns and files may be of any bytes; a log is UTF-8.
void put_line(std::string& out, const char* key, Json fields) {
  Json action = Json::object();
  action[key] = std::move(fields);
  out += action.dump(-1, ' ', false, Json::error_handler_t::replace);
  out += '\n';
}

void put_all(std::string& out, const Actions& actions, bool is_checkpoint) {
  if (actions.protocol) put_line(out, "protocol", protocol_json(*actions.protocol));
  if (actions.metadata) put_line(out, "metaData", metadata_json(*actions.metadata));
  for (const Txn& txn : actions.txns) put_line(out, "txn", txn_json(txn));
  for (const DomainMetadata& domain : actions.domains) {
    put_line(out, "domainMetadata", domain_json(domain));
  }
  for (const RemoveFile& file : actions.removes) {
    put_line(out, "remove", remove_json(file, file.data_change && !is_checkpoint));
  }
  for (const AddFile& file : actions.adds) {
    put_line(out, "add", add_json(file, file.data_change && !is_checkpoint));
  }
}

}  // namespace

std::string commit_text(const Actions& actions) {
  std::string out;
  if (actions.commit_info) put_line(out, "commitInfo", info_json(*actions.commit_info));
  put_all(out, actions, false);
  return out;
}

std::string checkpoint_text(const Actions& actions) {
  std::string out;
  put_all(out, actions, true);
  return out;
}

RemoveFile remove_of(const AddFile& file, std::int64_t now_ms) {
  RemoveFile out;
  out.path = file.path;
  out.deleted_ms = now_ms;
  out.extended_metadata = true;
  out.partition_values = file.partition_values;
  out.bytes = file.bytes;
  out.deletion_vector = file.deletion_vector;
  out.base_row_id = file.base_row_id;
  out.default_row_commit_version = file.default_row_commit_version;
  return out;
}

}  // namespace sluice::delta
