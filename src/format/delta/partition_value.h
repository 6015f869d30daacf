// The values of a file's partition, which stand in the log and not in the file ("Partition Value
// Serialization").
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "model/type.h"

namespace sluice::delta {

// The text that the engine casts to `type` without loss; nullopt is NULL, and so is "" of any type.
// `offset`: "+00", "-07:00", of timestamps without a zone: the log does not keep their writer's.
// Errors: kCorrupt for a text that is no value of the type, kUnsupported for a type.
Result<std::optional<std::string>> partition_value(const Type& type,
                                                   const std::optional<std::string>& text,
                                                   const std::string& offset);

// The reverse: what stands in the log for the engine's text of a value; nullopt for NULL. Instants
// are written with their zone. Errors: kUnsupported for a type or a value that no log can hold: ""
// would be read as NULL.
Result<std::optional<std::string>> partition_text(const Type& type,
                                                  const std::optional<std::string>& value);

// Whether files can be parted by a column of the type without doubt about its values.
bool can_partition_by(const Type& type);

// Whether the value's instant is only known by its writer's zone.
bool lacks_zone(const Type& type, const std::string& text);

}  // namespace sluice::delta
