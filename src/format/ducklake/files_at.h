// A lake's files at one snapshot, as its catalog has them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/ducklake/lake_records.h"
#include "model/lake_facts.h"

namespace sluice::ducklake {

struct FileAt {
  const DataFileRow* row = nullptr;
  std::string path;
  const DeleteFileRow* deletes = nullptr;  // null where there is no file of deletions
  std::string deletes_path;
  LakeFileFacts facts;

  // Rows, or deletions, of later snapshots stand in the same file: only the file knows how many.
  bool rows_are_later(Id snapshot) const {
    return row->partial_max && *row->partial_max > snapshot;
  }
  bool deletes_are_later(Id snapshot) const {
    return deletes != nullptr && deletes->partial_max && *deletes->partial_max > snapshot;
  }
};

struct TableAt {
  Id id = 0;
  TableName name;
  std::vector<FileAt> files;
  std::vector<const InlinedTable*> inlined;
};

// In the order of the tables' numbers; files in theirs. The rows point into `records`.
std::vector<TableAt> files_at(const LakeRecords& records, Id snapshot);

}  // namespace sluice::ducklake
