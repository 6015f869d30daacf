// Private to endpoint/iceberg: a table's columns as its data files have them. Files know columns by
// field ids; those that have none are read by the table's name mapping.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "format/iceberg/name_mapping.h"

namespace sluice::iceberg {

// A column of a file, or a part of one.
struct FileNode {
  std::string name;
  std::optional<std::int64_t> id;
  std::string engine_type;   // "" of a group
  bool is_repeated = false;  // a list or a map: a group is between it and its parts
  std::vector<FileNode> parts;
};

// The columns of each file, by the path that the engine was told. Reads footers only.
Result<std::map<std::string, std::vector<FileNode>>> read_nodes(
    EngineConnection& connection, const std::vector<std::string>& paths);

bool has_ids(const std::vector<FileNode>& nodes);
// Errors: kUnsupported for two that differ in case alone.
Status check_names(const std::vector<FileNode>& nodes);
// Gives nodes the ids of their names.
void give_mapped_ids(std::vector<FileNode>& nodes, const NameMapping& mapping);

// A column of the table as a file has it.
struct FileColumn {
  bool is_there = false;
  std::string name;               // in the file
  std::vector<FileColumn> parts;  // in the order of the type's parts
  // Of a struct of which the file has no part that is wanted: one that it has, to know by it where
  // the struct is NULL. "name TYPE"
  std::string other_part;
};

// Errors: kUnsupported for a list or map in a layout that is not known.
Result<FileColumn> find_in_file(const Column& column, const std::vector<FileNode>& nodes);

// Engine type of what is read of the file, with the file's names. Requires: the file has it.
Result<std::string> physical_type(const Column& column, const FileColumn& found);

// What a column is where a file lacks it: its initial default, or NULL. Errors: kCorrupt where it
// is required and has none.
Result<std::string> missing_value(const Column& column);

// `operand`, of physical_type(), as a value of the column's own type.
Result<std::string> logical_value(const Column& column, const FileColumn& found,
                                  const std::string& operand);

// Tells files apart that are read differently. `has_ids`: whatever the column itself is called.
std::string shape_key(const FileColumn& found, bool has_ids);

}  // namespace sluice::iceberg
