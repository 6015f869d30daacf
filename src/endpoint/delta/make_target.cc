#include "endpoint/delta/make_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/delta/data_file.h"
#include "endpoint/sql_names.h"
#include "format/delta/partition_value.h"
#include "format/delta/write_schema.h"
#include "lake_catalog/ducklake_commit.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

Error table_error(ErrorKind kind, const TargetTable& table, const std::string& what) {
  return Error(kind, fmt::format("table \"{}\": {}", table.name.display(), what))
      .about(table.name.display());
}

// Whether a list or a struct is NULL is in no statistics: such a column takes NULL.
std::vector<NewField> new_fields(const TargetTable& table) {
  std::vector<NewField> out;
  for (const TargetColumn& column : table.columns) {
    const bool nullable = column.nullable || is_nested(column.type.kind);
    out.push_back({column.name, column.type, nullable, column.comment});
  }
  return out;
}

std::vector<NewField> fields_of(const TableSchema& schema) {
  std::vector<NewField> out;
  for (const Field& field : schema.columns) {
    out.push_back({field.name, field.type, field.nullable, field.comment});
  }
  return out;
}

Status check_columns(const TargetTable& table, const TableSchema& old) {
  for (const TargetColumn& column : table.columns) {
    const auto at = std::find_if(old.columns.begin(), old.columns.end(), [&](const Field& field) {
      return to_lower(field.name) == to_lower(column.name);
    });
    if (at != old.columns.end() && at->type == column.type) continue;
    return fail(
        table_error(ErrorKind::kInvalid, table,
                    fmt::format("column \"{}\" is {} in the target, {} in the source", column.name,
                                at == old.columns.end() ? "missing" : to_string(at->type),
                                to_string(column.type))));
  }
  if (table.columns.size() == old.columns.size()) return {};
  return fail(table_error(ErrorKind::kInvalid, table,
                          fmt::format("the target has {} columns, the source has {}",
                                      old.columns.size(), table.columns.size())));
}

Status check_partition(const TargetTable& table, const TableSchema& schema) {
  for (const std::size_t index : schema.partition) {
    const Field& column = schema.columns[index];
    if (can_partition_by(column.type)) continue;
    return fail(table_error(ErrorKind::kUnsupported, table,
                            fmt::format("files are not parted by column \"{}\": the log's text of "
                                        "a {} is not read alike everywhere",
                                        column.name, to_string(column.type))));
  }
  if (schema.partition.empty() || schema.partition.size() < schema.columns.size()) return {};
  return fail(table_error(ErrorKind::kUnsupported, table,
                          "files are parted by all of its columns, nothing would be in them"));
}

Result<WriteKind> write_kind(const TargetTable& table) {
  if (table.if_exists == IfExists::kAppend) return WriteKind::kAppend;
  if (table.if_exists == IfExists::kMerge) return WriteKind::kMerge;
  if (table.if_exists == IfExists::kReplace) return WriteKind::kReplace;
  return fail(table_error(ErrorKind::kExists, table, "is in the target already")
                  .advise("choose --if-exists replace, append or merge"));
}

std::vector<std::string> partition_columns(const TargetTable& table) {
  std::vector<std::string> out;
  for (const PartitionField& field : table.partition) out.push_back(field.column);
  return out;
}

// What implicitly held for the writer versions before there were lists of features ("Legacy
// Features").
struct LegacyFeature {
  const char* name;
  int writer_version;
};
constexpr std::array kLegacyFeatures = {
    LegacyFeature{"appendOnly", 2},       LegacyFeature{"invariants", 2},
    LegacyFeature{"checkConstraints", 3}, LegacyFeature{"changeDataFeed", 4},
    LegacyFeature{"generatedColumns", 4}, LegacyFeature{"columnMapping", 5},
    LegacyFeature{"identityColumns", 6}};

// The table's protocol with what the new columns ask for.
Protocol upgraded(const Protocol& old, const Protocol& wanted) {
  if (!wanted.writer_features) return old;
  Protocol out = old;
  out.reader_version = wanted.reader_version;
  out.writer_version = wanted.writer_version;
  if (!old.writer_features) {
    out.writer_features.emplace();
    for (const LegacyFeature& feature : kLegacyFeatures) {
      if (feature.writer_version <= old.writer_version) {
        out.writer_features->emplace_back(feature.name);
      }
    }
  }
  if (!old.reader_features) {
    out.reader_features.emplace();
    if (old.reader_version == 2) out.reader_features->emplace_back("columnMapping");
  }
  const auto add = [](std::vector<std::string>& features, const std::vector<std::string>& more) {
    for (const std::string& feature : more) {
      if (std::find(features.begin(), features.end(), feature) == features.end()) {
        features.push_back(feature);
      }
    }
  };
  add(*out.reader_features, *wanted.reader_features);
  add(*out.writer_features, *wanted.writer_features);
  return out;
}

// A folder that holds something else is nobody's to fill.
Status check_empty(const fs::path& folder, const TargetTable& table, Files& files) {
  const auto check_name = [&](const std::string& name) -> Status {
    if (name.starts_with('.') || name == DeltaLog::kFolder || name.starts_with(kPartFolder)) {
      return {};
    }
    if (is_of_a_run(name.substr(0, name.find('-')))) return {};  // of one that was not published
    return fail(table_error(ErrorKind::kExists, table,
                            fmt::format("the folder \"{}\" is no Delta table and holds \"{}\"",
                                        folder.string(), name))
                    .advise("give the table another name with --rename, or move that away"));
  };
  if (!files.is_local()) {
    TRY_ASSIGN(const auto found, files.list(folder.string()));
    for (const FoundFile& file : found) TRY(check_name(fs::path(file.path).filename().string()));
    return {};
  }
  std::error_code code;
  if (!fs::exists(folder, code)) return {};
  if (!fs::is_directory(folder, code)) {
    return fail(
        table_error(ErrorKind::kExists, table, fmt::format("\"{}\" is a file", folder.string())));
  }
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    TRY(check_name(entry->path().filename().string()));
  }
  return {};
}

Result<DeltaTarget> new_target(DeltaTarget out, const TargetTable& table, Files& files) {
  TRY(check_empty(out.folder, table, files));
  const std::vector<NewField> fields = new_fields(table);
  out.protocol = protocol_for(fields);
  out.metadata.id = new_uuid();
  out.metadata.name = table.name.name;
  out.metadata.description = table.comment;
  out.metadata.created_ms = now_unix_ms();
  out.metadata.partition_columns = partition_columns(table);
  TRY_ASSIGN(out.metadata.schema_string, schema_text(fields));
  return out;
}

// Without a wish of the plan's the files stay parted as they were, where the columns are still
// there.
std::vector<std::string> replaced_partition(const TargetTable& table, const Metadata& old) {
  if (!table.partition.empty()) return partition_columns(table);
  const auto is_there = [&](const std::string& name) {
    return std::any_of(table.columns.begin(), table.columns.end(), [&](const TargetColumn& column) {
      return column.name == name && can_partition_by(column.type);
    });
  };
  const std::vector<std::string>& columns = old.partition_columns;
  return std::all_of(columns.begin(), columns.end(), is_there) ? columns
                                                               : std::vector<std::string>();
}

// Rows of other columns take the table over, which stays the same table with its properties.
Result<DeltaTarget> replaced_target(DeltaTarget out, const TargetTable& table,
                                    const TableState& old) {
  const std::vector<NewField> fields = new_fields(table);
  TRY_ASSIGN(const std::string schema, schema_text(fields));
  TRY_ASSIGN(const std::string before, schema_text(fields_of(old.schema)));
  const std::vector<std::string> partition = replaced_partition(table, out.metadata);
  if (schema == before && partition == out.metadata.partition_columns) return out;
  if (old.schema.mapping != ColumnMapping::kNone) {
    return fail(table_error(ErrorKind::kUnsupported, table,
                            "it has column mapping, and other columns than those that would "
                            "replace it")
                    .advise("give the new table another name with --rename"));
  }
  out.metadata.schema_string = schema;
  out.metadata.partition_columns = partition;
  out.metadata.description = table.comment;
  out.protocol = upgraded(out.protocol, protocol_for(fields));
  return out;
}

}  // namespace

Result<DeltaTarget> make_target(const DeltaRun& run, const TargetTable& table) {
  const fs::path& root = run.root;
  DeltaTarget out;
  out.catalog = run.catalog;
  TRY_ASSIGN(out.folder, folder_of(root, table.name, run.files()));
  TRY_ASSIGN(const auto old, state_now(out, table, *run.engine));
  if (!old && run.catalog) {
    TRY_ASSIGN(const bool is_begun, has_version(out.folder, run.files()));
    if (is_begun) return fail(run.catalog->not_imported(out.folder));
  }
  if (old) {
    TRY_ASSIGN(const WriteKind kind, write_kind(table));
    TRY(check_can_write(old->snapshot.protocol, old->snapshot.metadata, old->schema, kind,
                        table.name.display()));
    out.version = old->snapshot.version;
    out.protocol = old->snapshot.protocol;
    out.metadata = old->snapshot.metadata;
    if (kind == WriteKind::kReplace) {
      TRY_ASSIGN(out, replaced_target(std::move(out), table, *old));
    } else {
      TRY(check_columns(table, old->schema));
    }
  } else {
    TRY_ASSIGN(out, new_target(std::move(out), table, run.files()));
  }
  TRY_ASSIGN(out.schema, read_schema(out.metadata, out.protocol, table.name.display()));
  TRY(check_partition(table, out.schema));
  return out;
}

}  // namespace sluice::delta
