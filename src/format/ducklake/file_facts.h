// What was found on the disk: to be held against the catalog. Filled by endpoint/ducklake.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "format/ducklake/value_fields.h"

namespace sluice::ducklake {

// The values of one column. Bounds leave NaN out; those of bytes are in hexadecimal.
struct ValueFacts {
  bool in_list = false;  // of a list or map: then values and NULLs of elements are counted
  std::string type;      // as the engine spells it
  std::uint64_t nulls = 0;
  std::uint64_t nans = 0;
  bool has_bounds = false;  // they were asked for
  std::optional<std::string> min;
  std::optional<std::string> max;
};

using FactsByColumn = std::map<Id, ValueFacts>;

struct FileFacts {
  bool is_there = false;
  std::uint64_t bytes = 0;
  std::string problem;     // why it cannot be read, "" where it can
  std::uint64_t rows = 0;  // by its footer
  std::vector<ValueField> fields;
  bool has_row_ids = false;

  bool is_scanned = false;
  std::uint64_t rows_scanned = 0;
  std::uint64_t rows_visible = 0;  // those of later snapshots than the newest left out
  FactsByColumn columns;

  bool is_sound() const { return is_there && problem.empty(); }
};

// Of a file of deletions.
struct DeleteFacts {
  bool is_there = false;
  std::uint64_t bytes = 0;
  std::string problem;
  bool is_scanned = false;
  std::uint64_t rows = 0;
  std::uint64_t positions = 0;  // different ones
  std::uint64_t visible = 0;    // of them, those of later snapshots left out
  Id position_min = 0;
  Id position_max = -1;
  std::uint64_t inlined_too = 0;  // of them, those that the catalog deletes as well

  bool is_sound() const { return is_there && problem.empty(); }
};

// A table's rows in the catalog's database that are there at the newest snapshot.
struct InlinedFacts {
  std::uint64_t rows = 0;
  FactsByColumn columns;
};

struct LakeFactsOnDisk {
  std::map<Id, FileFacts> files;       // by the number of the data file
  std::map<Id, DeleteFacts> deletes;   // by that of the file of deletions
  std::map<Id, InlinedFacts> inlined;  // by table
};

}  // namespace sluice::ducklake
