// Private to endpoint/delta: values and columns as data files name them ("Column Mapping").
#pragma once

#include <string>

#include "format/delta/schema.h"

namespace sluice::delta {

// `operand`, a value of the column with display names, with physical ones.
std::string physical_value(const Field& field, const std::string& operand);
// The reverse.
std::string display_value(const Field& field, const std::string& operand);

// What COPY's FIELD_IDS say of the column; "" where neither it nor a part has an id.
std::string field_ids(const Field& field);

}  // namespace sluice::delta
