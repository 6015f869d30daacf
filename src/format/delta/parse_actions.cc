#include "format/delta/parse_actions.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <functional>
#include <set>
#include <stdexcept>
#include <utility>

namespace sluice::delta {
namespace {

using simdjson::simdjson_error;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);

// What an action is wrong in, beyond its JSON. Never leaves this file.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string text_of(const element& value) { return std::string(std::string_view(value)); }

// A field's text, "" for null.
std::string text_or_empty(const element& value) {
  return value.is_null() ? std::string() : text_of(value);
}

std::optional<std::int64_t> number_or_none(const element& value) {
  if (value.is_null()) return std::nullopt;
  return std::int64_t(value);
}

// A string as it is, anything else as its JSON.
std::string loose_text(const element& value) {
  if (value.type() == element_type::STRING) return text_of(value);
  return simdjson::minify(value);
}

void read_map(const element& value, StringMap& out) {
  if (value.is_null()) return;
  for (const auto& [key, item] : object(value)) {
    if (!item.is_null()) out[std::string(key)] = loose_text(item);
  }
}

void read_partition_values(const element& value, PartitionValues& out) {
  if (value.is_null()) return;
  for (const auto& [key, item] : object(value)) {
    if (item.is_null()) {
      out.emplace_back(std::string(key), std::nullopt);
    } else {
      out.emplace_back(std::string(key), text_of(item));
    }
  }
}

std::vector<std::string> read_strings(const element& value) {
  std::vector<std::string> out;
  for (const element item : simdjson::dom::array(value)) out.push_back(text_of(item));
  return out;
}

DeletionVectorPtr read_deletion_vector(const element& value) {
  if (value.is_null()) return nullptr;
  auto out = std::make_shared<DeletionVectorDescriptor>();
  std::string storage;
  for (const auto& [key, item] : object(value)) {
    if (key == "storageType") {
      storage = text_of(item);
    } else if (key == "pathOrInlineDv") {
      out->path_or_inline = text_of(item);
    } else if (key == "offset") {
      out->offset = number_or_none(item);
    } else if (key == "sizeInBytes") {
      out->bytes = std::int64_t(item);
    } else if (key == "cardinality") {
      out->cardinality = std::int64_t(item);
    }
  }
  if (storage != "u" && storage != "p" && storage != "i") {
    throw Malformed(fmt::format("a deletion vector of storage type \"{}\"", storage));
  }
  out->storage = storage.front();
  return out;
}

AddFile read_add(const object& fields) {
  AddFile out;
  for (const auto& [key, value] : fields) {
    if (key == "path") {
      out.path = text_of(value);
    } else if (key == "partitionValues") {
      read_partition_values(value, out.partition_values);
    } else if (key == "size") {
      out.bytes = std::int64_t(value);
    } else if (key == "modificationTime") {
      out.modified_ms = std::int64_t(value);
    } else if (key == "dataChange") {
      out.data_change = bool(value);
    } else if (key == "stats") {
      out.stats = text_or_empty(value);
    } else if (key == "deletionVector") {
      out.deletion_vector = read_deletion_vector(value);
    } else if (key == "baseRowId") {
      out.base_row_id = number_or_none(value);
    } else if (key == "defaultRowCommitVersion") {
      out.default_row_commit_version = number_or_none(value);
    } else if (key == "clusteringProvider") {
      out.clustering_provider = text_or_empty(value);
    } else if (key == "tags") {
      read_map(value, out.tags);
    }
  }
  if (out.path.empty()) throw Malformed("an add action has no path");
  return out;
}

RemoveFile read_remove(const object& fields) {
  RemoveFile out;
  for (const auto& [key, value] : fields) {
    if (key == "path") {
      out.path = text_of(value);
    } else if (key == "deletionTimestamp") {
      out.deleted_ms = number_or_none(value);
    } else if (key == "dataChange") {
      out.data_change = bool(value);
    } else if (key == "extendedFileMetadata") {
      out.extended_metadata = !value.is_null() && bool(value);
    } else if (key == "partitionValues") {
      read_partition_values(value, out.partition_values);
    } else if (key == "size") {
      out.bytes = number_or_none(value);
    } else if (key == "stats") {
      out.stats = text_or_empty(value);
    } else if (key == "tags") {
      read_map(value, out.tags);
    } else if (key == "deletionVector") {
      out.deletion_vector = read_deletion_vector(value);
    } else if (key == "baseRowId") {
      out.base_row_id = number_or_none(value);
    } else if (key == "defaultRowCommitVersion") {
      out.default_row_commit_version = number_or_none(value);
    }
  }
  if (out.path.empty()) throw Malformed("a remove action has no path");
  return out;
}

void read_format(const element& value, Metadata& out) {
  if (value.is_null()) return;
  for (const auto& [key, item] : object(value)) {
    if (key == "provider") out.format_provider = text_of(item);
    if (key == "options") read_map(item, out.format_options);
  }
}

Metadata read_metadata(const object& fields) {
  Metadata out;
  for (const auto& [key, value] : fields) {
    if (key == "id") {
      out.id = text_or_empty(value);
    } else if (key == "name") {
      out.name = text_or_empty(value);
    } else if (key == "description") {
      out.description = text_or_empty(value);
    } else if (key == "format") {
      read_format(value, out);
    } else if (key == "schemaString") {
      out.schema_string = text_or_empty(value);
    } else if (key == "partitionColumns") {
      if (!value.is_null()) out.partition_columns = read_strings(value);
    } else if (key == "createdTime") {
      out.created_ms = number_or_none(value);
    } else if (key == "configuration") {
      read_map(value, out.configuration);
    }
  }
  return out;
}

Protocol read_protocol(const object& fields) {
  Protocol out;
  for (const auto& [key, value] : fields) {
    if (key == "minReaderVersion") {
      out.reader_version = static_cast<int>(std::int64_t(value));
    } else if (key == "minWriterVersion") {
      out.writer_version = static_cast<int>(std::int64_t(value));
    } else if (key == "readerFeatures") {
      if (!value.is_null()) out.reader_features = read_strings(value);
    } else if (key == "writerFeatures") {
      if (!value.is_null()) out.writer_features = read_strings(value);
    }
  }
  return out;
}

Txn read_txn(const object& fields) {
  Txn out;
  for (const auto& [key, value] : fields) {
    if (key == "appId") {
      out.app_id = text_of(value);
    } else if (key == "version") {
      out.version = std::int64_t(value);
    } else if (key == "lastUpdated") {
      out.updated_ms = number_or_none(value);
    }
  }
  return out;
}

DomainMetadata read_domain(const object& fields) {
  DomainMetadata out;
  for (const auto& [key, value] : fields) {
    if (key == "domain") {
      out.domain = text_of(value);
    } else if (key == "configuration") {
      out.configuration = text_or_empty(value);
    } else if (key == "removed") {
      out.removed = bool(value);
    }
  }
  return out;
}

// Writers may put anything here: what has another shape than expected is passed over.
CommitInfo read_commit_info(const object& fields) {
  CommitInfo out;
  out.json = simdjson::minify(fields);
  for (const auto& [key, value] : fields) {
    const element_type type = value.type();
    if (key == "timestamp" && type == element_type::INT64) {
      out.timestamp_ms = std::int64_t(value);
    } else if (key == "inCommitTimestamp" && type == element_type::INT64) {
      out.in_commit_timestamp_ms = std::int64_t(value);
    } else if (key == "operation" && type == element_type::STRING) {
      out.operation = text_of(value);
    } else if (key == "userName" && type == element_type::STRING) {
      out.user_name = text_of(value);
    } else if (key == "engineInfo" && type == element_type::STRING) {
      out.engine_info = text_of(value);
    } else if (key == "txnId" && type == element_type::STRING) {
      out.transaction_id = text_of(value);
    } else if (key == "operationParameters" && type == element_type::OBJECT) {
      read_map(value, out.parameters);
    }
  }
  return out;
}

Sidecar read_sidecar(const object& fields) {
  Sidecar out;
  for (const auto& [key, value] : fields) {
    if (key == "path") out.path = text_of(value);
    if (key == "sizeInBytes") out.bytes = std::int64_t(value);
  }
  if (out.path.empty()) throw Malformed("a sidecar action has no path");
  return out;
}

void read_action(std::string_view key, const element& value, Actions& out) {
  if (value.is_null()) return;
  if (key == "add") {
    out.adds.push_back(read_add(object(value)));
  } else if (key == "remove") {
    out.removes.push_back(read_remove(object(value)));
  } else if (key == "metaData") {
    if (out.metadata) throw Malformed("a second metaData action in one version");
    out.metadata = read_metadata(object(value));
  } else if (key == "protocol") {
    if (out.protocol) throw Malformed("a second protocol action in one version");
    out.protocol = read_protocol(object(value));
  } else if (key == "txn") {
    out.txns.push_back(read_txn(object(value)));
  } else if (key == "domainMetadata") {
    out.domains.push_back(read_domain(object(value)));
  } else if (key == "commitInfo") {
    out.commit_info = read_commit_info(object(value));
  } else if (key == "sidecar") {
    out.sidecars.push_back(read_sidecar(object(value)));
  } else if (key == "checkpointMetadata") {
    out.checkpoint = CheckpointMetadata{std::int64_t(value["version"])};
  }
}

struct CompactedActions {
  Actions actions;
  std::set<std::pair<std::string, std::string>> seen;  // what, and its name
};

std::string logical_file(const std::string& path, const DeletionVectorPtr& vector) {
  return vector ? path + '\n' + vector->unique_id() : path;
}

void read_compacted(std::string_view key, const element& value, CompactedActions& out) {
  Actions one;
  read_action(key, value, one);
  const auto is_new = [&](const char* what, std::string name) {
    return out.seen.emplace(what, std::move(name)).second;
  };
  Actions& all = out.actions;
  for (AddFile& add : one.adds) {
    if (is_new("file", logical_file(add.path, add.deletion_vector))) {
      all.adds.push_back(std::move(add));
    }
  }
  for (RemoveFile& remove : one.removes) {
    if (is_new("file", logical_file(remove.path, remove.deletion_vector))) {
      all.removes.push_back(std::move(remove));
    }
  }
  for (Txn& txn : one.txns) {
    if (is_new("txn", txn.app_id)) all.txns.push_back(std::move(txn));
  }
  for (DomainMetadata& domain : one.domains) {
    if (is_new("domain", domain.domain)) all.domains.push_back(std::move(domain));
  }
  if (one.metadata && !all.metadata) all.metadata = std::move(one.metadata);
  if (one.protocol && !all.protocol) all.protocol = std::move(one.protocol);
}

void outline_action(std::string_view key, const element& value, CommitOutline& out) {
  if (value.is_null()) return;
  if (key == "add") ++out.adds;
  if (key == "remove") ++out.removes;
  if (key == "metaData") out.has_metadata = true;
  if (key == "protocol") out.has_protocol = true;
  if (key == "txn") out.txns.push_back(read_txn(object(value)));
  if (key == "commitInfo") out.commit_info = read_commit_info(object(value));
}

using ActionVisitor = void (*)(std::string_view key, const element& value, void* out);

Status visit_lines(const PaddedText& text, const std::string& file, void* out, ActionVisitor visit,
                   std::size_t first_line = 1) {
  const std::string_view all = text.view();
  simdjson::dom::parser parser;
  std::size_t line = first_line - 1;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = all.find('\n', begin);
    if (end == std::string_view::npos) end = all.size();
    const std::string_view one = all.substr(begin, end - begin);
    ++line;
    begin = end + 1;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    std::string what;
    try {
      const element document = parser.parse(one.data(), one.size(), false);
      for (const auto& [key, value] : object(document)) visit(key, value, out);
      continue;
    } catch (const simdjson_error& error) {
      what = error.what();
    } catch (const Malformed& error) {
      what = error.what();
    }
    return fail(Error(ErrorKind::kCorrupt, fmt::format("{}, line {}: {}", file, line, what))
                    .about(file)
                    .advise("the log is damaged; restore this file from where the table was copied "
                            "from, or read an earlier version with --at"));
  }
  return {};
}

}  // namespace

Result<Actions> parse_actions(const PaddedText& text, const std::string& file,
                              std::size_t first_line) {
  Actions out;
  const auto read = [](std::string_view key, const element& value, void* actions) {
    read_action(key, value, *static_cast<Actions*>(actions));
  };
  TRY(visit_lines(text, file, &out, read, first_line));
  return out;
}

Result<Actions> parse_compacted(const PaddedText& text, const std::string& file) {
  CompactedActions out;
  TRY(visit_lines(text, file, &out, [](std::string_view key, const element& value, void* actions) {
    read_compacted(key, value, *static_cast<CompactedActions*>(actions));
  }));
  return std::move(out.actions);
}

Result<CommitOutline> parse_outline(const PaddedText& text, const std::string& file) {
  CommitOutline out;
  TRY(visit_lines(text, file, &out, [](std::string_view key, const element& value, void* outline) {
    outline_action(key, value, *static_cast<CommitOutline*>(outline));
  }));
  return out;
}

}  // namespace sluice::delta
