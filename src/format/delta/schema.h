// A table's schema as the log spells it ("Schema Serialization Format"), in the types of the model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"
#include "model/type.h"

namespace sluice::delta {

// Of a struct's column or one nested in it. Lists have the part "element", maps "key" and "value".
struct Field {
  std::string name;           // the display name
  std::string physical_name;  // in data files, partition values and statistics
  std::optional<std::int64_t> id;
  bool nullable = true;
  Type type;  // with display names
  std::vector<Field> parts;
  std::string comment;
  std::optional<std::string> default_sql;     // "Default Columns", Spark SQL
  std::optional<std::string> generation_sql;  // "Generated Columns"
  std::optional<std::string> invariant_sql;   // "Column Invariants"
  bool is_identity = false;                   // "Identity Columns"
};

enum class ColumnMapping { kNone, kName, kId };

struct Constraint {
  std::string name;
  std::string expression_sql;  // Spark SQL
};

struct TableSchema {
  ColumnMapping mapping = ColumnMapping::kNone;
  std::vector<Field> columns;
  std::vector<std::size_t> partition;   // indexes into columns, in the order of the partition
  std::vector<std::string> left_out;    // columns of type void: they have no values
  std::vector<Constraint> constraints;  // "CHECK Constraints"

  bool is_partition(std::size_t column) const;
};

// Errors: kCorrupt, kUnsupported naming the column and its type, or its change of type.
Result<TableSchema> read_schema(const Metadata& metadata, const Protocol& protocol,
                                const std::string& table);

// A type of the log's, "decimal(10,2)": primitive ones only. nullopt for any other text.
std::optional<Type> primitive_type(std::string_view text);

// The reverse, nested ones too: "array<long>", "struct<a:long>", "map<string,long>". Errors:
// kUnsupported for what no table can have.
Result<std::string> name_of_type(const Type& type);

// The type with physical names, as data files have it.
Type physical_type(const Field& field);

// Whether values of `before` are values of `after` too ("Type Widening").
bool can_widen(const Type& before, const Type& after);

}  // namespace sluice::delta
