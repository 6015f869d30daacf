// What a plan asks a target to make: data only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "model/inventory.h"

namespace sluice {

enum class IfExists { kFail, kReplace, kAppend, kMerge };

struct TargetColumn {
  std::string name;
  Type type;                // the logical type in which the values arrive
  std::string native_type;  // the target's own spelling in DDL, "numeric(39,0)"
  // The type in which rows are written, where only finish() makes it native_type; "" else.
  std::string written_as = "";
  bool nullable = true;
  std::optional<std::string> default_sql;  // in the target's dialect
  std::string comment;
  bool identity = false;  // the target hands out numbers, from max + 1 on
};

// A field by which the files of a table are parted: the column itself ("identity"), a part of its
// time ("year", "month", "day", "hour") or one of N buckets of its hash ("bucket(N)").
struct PartitionField {
  std::string column;
  std::string transform = "identity";
};

struct SortField {
  std::string column;
  bool descending = false;
};

struct TargetTable {
  TableName name;
  std::vector<TargetColumn> columns;
  std::vector<Key> keys;
  std::vector<ForeignKey> foreign_keys;  // their targets are names in the target
  std::vector<Index> indexes;            // by columns, or by `body` where that is set
  std::vector<Check> checks;             // same system only, in its dialect
  std::string comment;
  IfExists if_exists = IfExists::kFail;
  std::vector<std::string> merge_key;     // kMerge only
  std::vector<PartitionField> partition;  // of new tables, where the target has partitions
  std::vector<SortField> sort;            // of rows within a file
};

// Same system on both sides only: made again after the tables, in the publishing transaction.
struct TargetView {
  TableName name;
  std::string create_sql;
};

struct TargetPlan {
  std::vector<TargetTable> tables;
  std::vector<TargetView> views;
  AccessWish access;  // of what the run makes, where the target is files
};

}  // namespace sluice
