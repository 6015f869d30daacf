// A table's name: an optional schema and a name, compared exactly.
#pragma once

#include <string>

#include "base/text.h"

namespace sluice {

struct TableName {
  std::string schema;  // "" where the system has none
  std::string name;

  auto operator<=>(const TableName&) const = default;
  // For people and reports: main.t, without quotes.
  std::string display() const { return schema.empty() ? name : schema + "." + name; }
  // For SQL: "main"."t".
  std::string quoted() const {
    return schema.empty() ? quote_identifier(name)
                          : quote_identifier(schema) + "." + quote_identifier(name);
  }
};

}  // namespace sluice
