#include "format/delta/write_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sluice::delta {
namespace {

// Features that bind writers, as far as the checks below allow them.
constexpr std::array<std::string_view, 19> kWriterFeatures = {
    "appendOnly",        "invariants",          "checkConstraints",        "changeDataFeed",
    "generatedColumns",  "columnMapping",       "identityColumns",         "deletionVectors",
    "rowTracking",       "timestampNtz",        "domainMetadata",          "v2Checkpoint",
    "inCommitTimestamp", "typeWidening",        "vacuumProtocolCheck",     "allowColumnDefaults",
    "variantType",       "variantType-preview", "variantShredding-preview"};
constexpr std::array<std::string_view, 2> kIcebergProperties = {"delta.enableIcebergCompatV1",
                                                                "delta.enableIcebergCompatV2"};

bool is_true(const Metadata& metadata, std::string_view property) {
  return to_lower(metadata.property(std::string(property))) == "true";
}

bool is_known(const std::string& feature) {
  if (feature == "typeWidening-preview") return true;
  if (feature == "icebergCompatV1" || feature == "icebergCompatV2") return true;  // by property
  return std::find(kWriterFeatures.begin(), kWriterFeatures.end(), feature) !=
         kWriterFeatures.end();
}

Error refused(const std::string& table, const std::string& what) {
  return Error(ErrorKind::kUnsupported, fmt::format("table \"{}\" is not written: {}", table, what))
      .about(table)
      .advise("write into a new table, or use the program that made this one");
}

Status check_versions(const Protocol& protocol, const std::string& table) {
  if (protocol.writer_version < 1 || protocol.writer_version > kWriterVersionMax) {
    return fail(refused(table, fmt::format("it needs version {} of the Delta writer protocol, this "
                                           "release knows 1 to {}",
                                           protocol.writer_version, kWriterVersionMax)));
  }
  if (protocol.writer_version < kWriterVersionMax) return {};
  if (!protocol.writer_features) {
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("table \"{}\": its protocol has writer version {} and no "
                                  "writerFeatures",
                                  table, protocol.writer_version))
                    .about(table));
  }
  std::vector<std::string> unknown;
  for (const std::string& feature : *protocol.writer_features) {
    if (!is_known(feature)) unknown.push_back("\"" + feature + "\"");
  }
  if (unknown.empty()) return {};
  return fail(refused(
      table, "it has table features that this release does not write: " + join(unknown, ", ")));
}

// Parts of nested values that may not be NULL: nothing here looks for NULL in them.
bool has_strict_parts(const Field& field) {
  return std::any_of(field.parts.begin(), field.parts.end(), [&](const Field& part) {
    const bool is_key = field.type.kind == TypeKind::kMap && &part == &field.parts.front();
    return (!part.nullable && !is_key) || has_strict_parts(part);
  });
}

Status check_columns(const TableSchema& schema, const std::string& table) {
  for (const Field& field : schema.columns) {
    const char* const what = field.generation_sql      ? "is generated"
                             : field.invariant_sql     ? "has an invariant"
                             : field.is_identity       ? "hands out numbers (identity)"
                             : has_strict_parts(field) ? "has parts that may not be NULL"
                                                       : nullptr;
    if (what == nullptr) continue;
    return fail(refused(table, fmt::format("its column \"{}\" {}, which this release does not "
                                           "enforce",
                                           field.name, what)));
  }
  if (!schema.left_out.empty()) {
    return fail(
        refused(table, fmt::format("its column \"{}\" is of type void", schema.left_out.front())));
  }
  if (schema.constraints.empty()) return {};
  return fail(refused(table, fmt::format("it has the constraint \"{}\" CHECK ({}), which this "
                                         "release does not enforce",
                                         schema.constraints.front().name,
                                         schema.constraints.front().expression_sql)));
}

// Rows would have to bring their numbers along.
Status check_numbers(const Metadata& metadata, std::string_view what, const std::string& table) {
  if (!is_true(metadata, "delta.enableRowTracking")) return {};
  return fail(
      refused(table, fmt::format("delta.enableRowTracking is on, and {} would give its rows "
                                 "new numbers",
                                 what)));
}

Status check_properties(const Metadata& metadata, WriteKind kind, const std::string& table) {
  for (const std::string_view property : kIcebergProperties) {
    if (is_true(metadata, property)) return fail(refused(table, fmt::format("{} is on", property)));
  }
  if (kind == WriteKind::kRewrite) return check_numbers(metadata, "a compaction", table);
  if (kind == WriteKind::kAppend) return {};
  if (is_true(metadata, "delta.appendOnly")) {
    return fail(refused(table, "delta.appendOnly is on: rows can be added to it and nothing else"));
  }
  if (kind == WriteKind::kReplace) return {};
  if (is_true(metadata, "delta.enableChangeDataFeed")) {
    return fail(refused(table,
                        "delta.enableChangeDataFeed is on, and a merge writes no change "
                        "data"));
  }
  return check_numbers(metadata, "a merge", table);
}

}  // namespace

Status check_can_write(const Protocol& protocol, const Metadata& metadata,
                       const TableSchema& schema, WriteKind kind, const std::string& table) {
  TRY(check_versions(protocol, table));
  if (kind == WriteKind::kUpkeep) return {};
  if (kind != WriteKind::kRewrite) TRY(check_columns(schema, table));
  return check_properties(metadata, kind, table);
}

bool assigns_row_ids(const Protocol& protocol, const Metadata& metadata) {
  if (!protocol.writer_features) return false;
  const std::vector<std::string>& features = *protocol.writer_features;
  return std::find(features.begin(), features.end(), "rowTracking") != features.end() &&
         !is_true(metadata, "delta.rowTrackingSuspended");
}

}  // namespace sluice::delta
