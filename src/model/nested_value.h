// SQL over the plain values inside of lists, arrays, structs and maps. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/type_rule.h"

namespace sluice {

// The checks of a plain type; none for a type that needs no look at its values.
using ChecksOf = std::function<std::vector<ValueCheck>(const Type&)>;

// What `checks_of` asks of plain values, asked of every value inside a nested type. What a remedy
// makes NULL becomes NULL in its place, but for a map's keys, which cannot be NULL; as_text and
// as_json replace the whole column. A check that changes the type otherwise keeps these two only.
std::vector<ValueCheck> checks_inside(const Type& type, const ChecksOf& checks_of);

// {0} as JSON text. JSON has no NaN and no infinities: they become the strings "NaN", "Infinity"
// and "-Infinity".
std::string json_text_sql(const Type& type);
// The same for people and programs that read numbers as doubles: those that a double might change
// become strings, as `query --format json` has it outside of lists.
std::string json_shown_sql(const Type& type);

}  // namespace sluice
