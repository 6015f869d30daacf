// How a table's metadata becomes the next one: what has to be true before, and what changes (the
// requirements and updates of the catalogs' protocol, as a pure function).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "format/iceberg/metadata.h"

namespace sluice::iceberg {

struct AssertUuid {
  std::string uuid;
};
// nullopt: there is no such reference.
struct AssertRefSnapshot {
  std::string ref;
  std::optional<std::int64_t> snapshot_id;
};
struct AssertLastColumnId {
  std::int32_t id = 0;
};
struct AssertCurrentSchema {
  std::int32_t id = 0;
};
struct AssertLastPartitionId {
  std::int32_t id = 0;
};
struct AssertDefaultSpec {
  std::int32_t id = 0;
};
struct AssertDefaultSortOrder {
  std::int32_t id = 0;
};
using Requirement =
    std::variant<AssertUuid, AssertRefSnapshot, AssertLastColumnId, AssertCurrentSchema,
                 AssertLastPartitionId, AssertDefaultSpec, AssertDefaultSortOrder>;

inline constexpr std::int32_t kLastAdded = -1;

struct UpgradeVersion {
  int version = 0;
};
// The id is given; where the table has an equal one, that one is taken.
struct AddSchema {
  Schema schema;
};
struct SetCurrentSchema {
  std::int32_t id = kLastAdded;
};
// Field ids of equivalent fields are taken again, others are given.
struct AddSpec {
  PartitionSpec spec;
};
struct SetDefaultSpec {
  std::int32_t id = kLastAdded;
};
struct AddSortOrder {
  SortOrder order;
};
struct SetDefaultSortOrder {
  std::int32_t id = kLastAdded;
};
struct AddSnapshot {
  Snapshot snapshot;
};
struct SetRef {
  std::string name;
  SnapshotRef ref;
};
struct RemoveRef {
  std::string name;
};
struct RemoveSnapshots {
  std::vector<std::int64_t> ids;
};
struct SetLocation {
  std::string location;
};
struct SetProperties {
  std::map<std::string, std::string> properties;
};
struct RemoveProperties {
  std::vector<std::string> names;
};
// A statistics file as metadata has it; replaces the one of the same snapshot.
struct SetStatistics {
  Json file;
};
struct RemoveStatistics {
  std::int64_t snapshot_id = 0;
};
using Update =
    std::variant<UpgradeVersion, AddSchema, SetCurrentSchema, AddSpec, SetDefaultSpec, AddSortOrder,
                 SetDefaultSortOrder, AddSnapshot, SetRef, RemoveRef, RemoveSnapshots, SetLocation,
                 SetProperties, RemoveProperties, SetStatistics, RemoveStatistics>;

// Errors: kConflict naming what is and what was to be.
Status check_requirements(const TableMetadata& metadata,
                          const std::vector<Requirement>& requirements);

struct ChangeContext {
  std::int64_t now_ms = 0;
  std::string previous_file;  // where the metadata is written; empty for a table that is made
};

// Errors: kConflict from the requirements and where a snapshot was made for an older state (its
// sequence number or first row id is taken), kInvalid for an update that makes no table,
// kUnsupported for what the table's version has not.
Result<TableMetadata> change_table(const TableMetadata& metadata,
                                   const std::vector<Requirement>& requirements,
                                   const std::vector<Update>& updates,
                                   const ChangeContext& context);

struct NewTable {
  int format_version = 2;
  std::string uuid;
  std::string location;
  Schema schema;       // with ids
  PartitionSpec spec;  // field ids are given
  SortOrder order;
  std::map<std::string, std::string> properties;
};
Result<TableMetadata> make_table(const NewTable& table, std::int64_t now_ms);

}  // namespace sluice::iceberg
