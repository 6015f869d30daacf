// Private to endpoint/iceberg: Iceberg's types beside sluice's.
#pragma once

#include <string>

#include "format/iceberg/value.h"
#include "model/type.h"

namespace sluice::iceberg {

// Every value of a column has one in this type, but nanoseconds of an instant, which are cut. Types
// that are not read (variant, geometry, geography, unknown) are kOther under their own names.
Type type_of(const ColumnType& type);

// The reverse, names of parts given ("element", "key", "value"), ids being 0. Errors:
// kUnsupported for a type that version 2 has not.
Result<ColumnType> column_type_of(const Type& type);

// "list<int>", "struct<a: decimal(9, 2)>": without ids.
std::string type_name(const ColumnType& type);

// Whether the type, or one within it, is not read.
bool is_read(const ColumnType& type);
bool has_nano_instants(const ColumnType& type);

// An engine expression for a value of the type. Errors: kUnsupported for types that have no single
// values.
Result<std::string> literal(const ColumnType& type, const Value& value);

}  // namespace sluice::iceberg
