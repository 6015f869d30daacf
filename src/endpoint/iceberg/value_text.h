// Private to endpoint/iceberg: values as the engine's texts say them.
#pragma once

#include <optional>
#include <string>

#include "format/iceberg/value.h"

namespace sluice::iceberg {

// A value out of the text that the engine has for it, in COPY's statistics or in a result; of
// binary types the text is hexadecimal. nullopt for a text that is none, and for infinite times.
std::optional<Value> value_of_text(const ColumnType& type, const std::string& text);

}  // namespace sluice::iceberg
