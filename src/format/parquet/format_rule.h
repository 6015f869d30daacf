// The rules of table formats on Parquet whose types are fewer than the engine's.
#pragma once

#include <span>
#include <string_view>

#include "model/type_rule.h"

namespace sluice {

// A type that has another one in the format, which holds each of its values.
struct TypeChange {
  TypeKind kind;
  Type carried;
  const char* reason;
};

struct FormatTypes {
  std::string_view name;  // of the format, for reasons
  std::span<const TypeChange> changes;
  // The engine's text of these cannot be told from any other text: the user has to want it.
  std::span<const TypeKind> refused;
  TypeRule nanoseconds;  // of timestamps
};

// Timestamps in nanoseconds where the format has microseconds. `reason`: why they are carried so;
// `loss`: what is said of a value that has more.
TypeRule nanosecond_rule(const char* reason, const char* loss);

// The rule of Parquet itself where the format changes nothing, of nested types part by part. Its
// native_type is not the format's.
TypeRule format_rule(const Type& type, const FormatTypes& format);

}  // namespace sluice
