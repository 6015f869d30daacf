// The type map: SQLite's declared types to logical types and back. Pure.
//
// A declared type is looked up by its exact name first (upper case, without arguments), then by the
// affinity rules of https://sqlite.org/datatype3.html section 3.1. Names ending in _TEXT and
// FLOAT32_REAL, INT32 and UINT8 to UINT32 are sluice's own for types that SQLite has no name for;
// each gives the affinity that keeps its values as they were written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/type.h"
#include "model/type_rule.h"

namespace sluice::sqlite {

enum class Affinity { kInteger, kText, kBlob, kReal, kNumeric };
Affinity affinity_of(std::string_view declared);

// The type that a column promises by its declaration; native_name is the declaration. A survey of
// the values decides. NUMERIC without parameters promises kNumeric, no declaration and BLOB kBlob.
Type declared_type(std::string_view declared);

// What else a column of this declared type may turn out to hold, in order of preference: a DATE
// with times of day, for example. All of it text.
std::vector<Type> other_readings(const Type& declared);

TypeRule type_rule(const Type& type);

}  // namespace sluice::sqlite
