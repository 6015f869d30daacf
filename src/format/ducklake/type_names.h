// DuckLake's names of types (specification, "Data Types") and sluice's types.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/type.h"

namespace sluice::ducklake {

// For "list", "struct" and "map" the type without its children. Errors: kUnsupported, naming it.
Result<Type> type_from_name(std::string_view name);

// The reverse, without children. Errors: kUnsupported for a type that DuckLake has not.
Result<std::string> name_of_type(const Type& type);

}  // namespace sluice::ducklake
