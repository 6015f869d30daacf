// How a target holds a logical type: one rule a type, one table an endpoint, pure data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/loss.h"
#include "model/type.h"

namespace sluice {

// What happens to a column's values.
enum class Mapping {
  kExact,        // the same type
  kWidened,      // another type that holds every value (int8 in a smallint, an enum in text)
  kLossy,        // possible only with an accepted loss
  kUnsupported,  // not possible at all, or only with as_text or as_json
};
std::string_view to_string(Mapping mapping);

// A remedy that a user may accept by name. `sql` is an engine expression in which {0} stands for
// the quoted column. Where `type` is set the column becomes that type and is mapped anew by it.
struct Remedy {
  LossReason reason;
  std::string sql;
  std::optional<Type> type;
};

// A question to the values, where the type alone cannot tell. `predicate_sql` is an engine
// expression over {0}, true for a value that the target cannot hold; it is never asked of NULL.
struct ValueCheck {
  std::string kind;     // "nan", "nul_byte", "out_of_range", ... : the finding's kind
  std::string message;  // "PostgreSQL's text cannot hold NUL bytes"
  std::string predicate_sql;
  std::vector<Remedy> remedies;
  // "", or like predicate_sql: a value beside which alone the others are lost. Where the column has
  // none that is so, the target holds all.
  std::string beside_sql = {};
  // Where it holds for no extreme value of a column it holds for none: infinities, ranges.
  bool extremes_tell = false;
};

struct TypeRule {
  Mapping mapping = Mapping::kUnsupported;
  Type carried;             // the logical type in which values travel and are read back
  std::string native_type;  // the target's DDL, "" where unsupported
  std::string reason;       // why it is not exact; "" for kExact
  std::vector<ValueCheck> checks;
  std::vector<Remedy> remedies;  // kLossy and kUnsupported: what may be accepted
};

// Rules that many tables share, without the native type.
TypeRule exact_rule(const Type& type);
TypeRule widened_rule(const Type& carried, std::string reason);
// Unsupported, but possible as text, and where it is nested as JSON.
TypeRule refused_rule(const Type& type, std::string reason);

// Remedies that many tables share.
Remedy text_remedy();                                  // CAST({0} AS VARCHAR), becomes kText
Remedy json_remedy(const Type& type);                  // to_json({0}), becomes kJson
ValueCheck nan_check(std::string message);             // floats; nan_as_null, as_text
ValueCheck float_infinity_check(std::string message);  // floats; infinity_as_null, as_text
ValueCheck date_infinity_check(
    std::string message);                        // dates, timestamps; infinity_as_null, as_text
ValueCheck nul_byte_check(std::string message);  // text; strip_nul, as_blob
ValueCheck negative_zero_check(std::string message);  // floats; negative_zero
// {0} outside [low_sql, high_sql]; out_of_range_as_null, as_text.
ValueCheck range_check(std::string message, const std::string& low_sql,
                       const std::string& high_sql);

}  // namespace sluice
