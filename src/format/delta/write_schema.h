// The schema of a new table as the log spells it, and the protocol that its types ask for ("Schema
// Serialization Format", "Requirements for Writers").
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"
#include "model/type.h"

namespace sluice::delta {

struct NewField {
  std::string name;
  Type type;
  bool nullable = true;
  std::string comment;
};

// Errors: kUnsupported for a type that Delta has not.
Result<std::string> schema_text(const std::vector<NewField>& fields);

// The lowest that such a table can have.
Protocol protocol_for(const std::vector<NewField>& fields);

}  // namespace sluice::delta
