// Fields of actions as JSON texts, as a catalog in SQL keeps them, and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

// A string with its quotes.
void add_json_string(std::string_view text, std::string& out);

// {"day":"2024-01-01","country":null}, in the order of the values.
std::string json_of(const PartitionValues& values);
std::string json_of(const StringMap& map);
std::string json_of(const std::vector<std::string>& texts);

// "" is empty. Errors: kCorrupt for a text of another shape.
Result<PartitionValues> partition_values_of(std::string_view json);
Result<StringMap> string_map_of(std::string_view json);
Result<std::vector<std::string>> strings_of(std::string_view json);

// Whether two texts say the same: the order of fields and the spelling of numbers mean nothing. A
// text that is no JSON is the same only as itself.
bool same_json(std::string_view left, std::string_view right);

}  // namespace sluice::delta
